import { randomFillSync } from 'node:crypto';

/** Ids for requests and traces, cheap enough for every request. Unguessable, but no secrets: use `newToken` for those. */
export interface RandomIds {
  /** That many random hex digits, lower case; at most 64. */
  hex(digits: number): string;
  /** A random UUID, as `newRequestId`. */
  uuid(): string;
}

/**
 * Random bytes are asked for and turned into digits a pool at a time, and ids are slices of the pool's string: 20 ns
 * for 16 digits, 30 for 32. The pool is small because an id that is kept (a stream may be open for an hour) keeps its
 * pool. A UUID is cut from text that has its dashes already: `randomUUID` costs the same at first (47 ns), but its
 * rope of pieces is then flattened for 170 ns by whoever writes it.
 */
export function createRandomIds(fill: (bytes: Buffer) => void = randomFillSync): RandomIds {
  const bytes = Buffer.allocUnsafeSlow(512);
  const text = Buffer.allocUnsafeSlow(uuidsPerPool * 36);
  let digits = '';
  let nextDigit = 0;
  let uuids = '';
  let nextUuid = 0;
  return {
    hex: (count) => {
      if (nextDigit + count > digits.length) {
        fill(bytes);
        digits = bytes.toString('hex');
        nextDigit = 0;
      }
      nextDigit += count;
      return digits.slice(nextDigit - count, nextDigit);
    },
    uuid: () => {
      if (nextUuid === uuids.length) {
        fill(bytes);
        uuids = uuidsFrom(bytes, text);
        nextUuid = 0;
      }
      nextUuid += 36;
      return uuids.slice(nextUuid - 36, nextUuid);
    },
  };
}

const uuidsPerPool = 32;
const hexDigits = Buffer.from('0123456789abcdef');
/** Where in a UUID's 36 characters the two digits of each of its 16 bytes begin. */
const places = Uint8Array.of(0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34);

function uuidsFrom(bytes: Buffer, text: Buffer): string {
  text.fill('-');
  for (let index = 0; index < bytes.length; index++) {
    const inUuid = index & 15;
    const byte = stamped(bytes[index] as number, inUuid);
    const at = (index >> 4) * 36 + (places[inUuid] as number);
    text[at] = hexDigits[byte >> 4] as number;
    text[at + 1] = hexDigits[byte & 15] as number;
  }
  return text.toString('latin1');
}

/** Version 4 and the variant of RFC 9562. */
function stamped(byte: number, inUuid: number): number {
  if (inUuid === 6) return (byte & 0x0f) | 0x40;
  return inUuid === 8 ? (byte & 0x3f) | 0x80 : byte;
}
