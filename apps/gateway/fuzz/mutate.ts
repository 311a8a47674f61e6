import type { Dice } from './dice.ts';

/** Bytes at which parsers have been split apart. */
const pieces = [
  '\r',
  '\n',
  '\r\n',
  '\n\n',
  '\r\n\r\n',
  '\0',
  ' ',
  '\t',
  '\x0b',
  '\x0c',
  '\x7f',
  '\x80',
  '\x85',
  '\xa0',
  '\xad',
  '\xff',
  ':',
  ';',
  ',',
  '"',
  '\\',
  '#',
  '+',
  '-',
  '0',
  '1',
  '7',
  'f',
  'x',
  '{',
  '}',
  '[',
  ']',
];

/** Changes a few bytes of what a grammar made; mostly few, since a case that is all garbage finds nothing. */
export function mutate(dice: Dice, text: string): Buffer {
  let bytes = Buffer.from(text, 'latin1');
  if (dice.chance(0.4)) return bytes;
  const times = dice.chance(0.7) ? 1 : 2 + dice.below(4);
  for (let done = 0; done < times; done++) bytes = change(dice, bytes);
  return bytes;
}

function change(dice: Dice, bytes: Buffer): Buffer<ArrayBuffer> {
  const at = dice.below(bytes.length + 1);
  const end = Math.min(bytes.length, at + 1 + dice.below(dice.chance(0.8) ? 3 : 40));
  const put = (piece: Uint8Array, from: number, to: number): Buffer<ArrayBuffer> =>
    Buffer.concat([bytes.subarray(0, from), piece, bytes.subarray(to)]);
  switch (dice.below(7)) {
    case 0:
      return put(Buffer.from(dice.of(pieces), 'latin1'), at, at);
    case 1:
      return put(Buffer.from(dice.of(pieces), 'latin1'), at, end);
    case 2:
      return put(new Uint8Array(0), at, end);
    case 3:
      return put(bytes.subarray(at, end), at, at);
    case 4: {
      const from = dice.below(bytes.length + 1);
      return put(bytes.subarray(from, from + 1 + dice.below(30)), at, at);
    }
    case 5:
      return put(Buffer.from([dice.below(256)]), at, Math.min(bytes.length, at + 1));
    default: {
      // Another case of a letter, another digit.
      const flipped = Buffer.from(bytes);
      if (at < bytes.length) flipped[at] = (flipped[at] as number) ^ (1 << dice.below(8));
      return flipped;
    }
  }
}
