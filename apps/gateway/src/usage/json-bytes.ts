/**
 * JSON as ASCII bytes, put straight into a buffer. Strings joined and written at the flush cost twice as much: V8
 * flattens some 75 pieces per request, 10 ns each, while a fragment of any length is copied in 12 ns.
 */

/** Characters that stand for themselves in a JSON string: printable ASCII but for quote and backslash. */
const plain = /^[ !#-[\]-~]*$/;
const notAscii = /[^ -~]/g;

/** The text of a JSON string, cut at `most` characters, without what no Postgres text can hold. */
export function quote(text: string, most = 200): string {
  const short = text.length > most ? text.slice(0, most) : text;
  return plain.test(short) ? `"${short}"` : asciiJson(short.toWellFormed().replaceAll('\0', '\ufffd'));
}

export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(notAscii, escaped);
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

export function fragment(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

const doubleQuote = 0x22;

/** Puts a text that somebody else chose and returns where it ends. */
export function putQuoted(into: Buffer, at: number, text: string, most = 200): number {
  if (text.length > most || !plain.test(text)) return at + into.write(quote(text, most), at, 'latin1');
  into[at] = doubleQuote;
  const end = at + 1 + into.write(text, at + 1, 'latin1');
  into[end] = doubleQuote;
  return end + 1;
}

/** Largest number that a field of `fieldDigits` holds. No count or time of a request comes near. */
const largest = 9_999_999_999_999;
export const fieldDigits = 13;

/**
 * Puts a whole number so that it ends before `end`, over a field of `fieldDigits` that reads as 0 already. Whatever an
 * engine or a clock told, what stands there is a number: not negative, finite, whole.
 */
export function putInField(into: Buffer, end: number, value: number): void {
  if (!(value > 0)) return;
  let rest = value > largest ? largest : Math.round(value);
  let at = end;
  // Twice as fast on small integers as on doubles.
  while (rest > 0x3fff_ffff) {
    const tenth = Math.floor(rest / 10);
    at -= 1;
    into[at] = 48 + (rest - tenth * 10);
    rest = tenth;
  }
  let small = rest | 0;
  while (small > 0) {
    const tenth = (small / 10) | 0;
    at -= 1;
    into[at] = 48 + (small - tenth * 10);
    small = tenth;
  }
}

/** Empty fields: spaces, which JSON allows before a value, and a zero; zeros where it is not a number for others. */
export const zeros = '0'.repeat(fieldDigits);
export const emptyField = '0'.padStart(fieldDigits);
export const nullField = 'null'.padStart(fieldDigits);
