const keptBytes = 8_192;
const usageKeys = [Buffer.from('"completion_tokens"'), Buffer.from('"output_tokens"')];

/** The last bytes of an answer, kept as the buffers they came in: usage and the end mark stand there. */
export class AnswerTail {
  #chunks: Buffer[] = [];
  #bytes = 0;

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    while (this.#bytes - (this.#chunks[0]?.length ?? this.#bytes) >= keptBytes)
      this.#bytes -= this.#chunks.shift()?.length ?? 0;
  }

  bytes(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    const all = this.#chunks[0] ?? Buffer.alloc(0);
    return all.subarray(Math.max(0, all.length - keptBytes));
  }
}

/**
 * The number of output tokens as the last `usage` in the tail tells it. Generated text can't be taken for it: there
 * the quotes are escaped.
 */
export function outputTokensIn(tail: Buffer): number | undefined {
  let at = -1;
  let length = 0;
  for (const key of usageKeys) {
    const found = tail.lastIndexOf(key);
    if (found > at) {
      at = found;
      length = key.length;
    }
  }
  if (at < 0) return undefined;
  const number = /^\s*:\s*(\d{1,12})\b/.exec(tail.toString('latin1', at + length, at + length + 32));
  return number === null ? undefined : Number(number[1]);
}
