/**
 * Four UTF-8 bytes are one token, counted from the start of the text. No vocabulary is needed in either direction:
 * an id is the bytes themselves behind a leading 1 bit, so `"a"` is 0x161 and ids below 256 are free for specials.
 */
export const bytesPerToken = 4;

export const beginOfText = 1;

/** With the begin-of-text token, as vLLM counts a prompt. */
export function promptTokens(utf8Bytes: number): number {
  return 1 + Math.ceil(utf8Bytes / bytesPerToken);
}

export function tokenIds(text: string): number[] {
  const bytes = Buffer.from(text, 'utf8');
  const ids: number[] = [];
  for (let start = 0; start < bytes.length; start += bytesPerToken) {
    // Sums, not shifts: four bytes and the leading bit do not fit in 32 bits.
    let id = 1;
    for (const byte of bytes.subarray(start, start + bytesPerToken)) id = id * 256 + byte;
    ids.push(id);
  }
  return ids;
}

export function textOf(ids: readonly number[]): string {
  const bytes: number[] = [];
  for (const id of ids) {
    const piece: number[] = [];
    for (let rest = id; rest >= 256; rest = Math.floor(rest / 256)) piece.unshift(rest % 256);
    bytes.push(...piece);
  }
  return Buffer.from(bytes).toString('utf8');
}

export function tokenText(id: number): string {
  return id === beginOfText ? '<s>' : textOf([id]);
}
