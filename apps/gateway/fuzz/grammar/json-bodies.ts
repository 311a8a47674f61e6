import type { Dice } from '../dice.ts';

const spaces = ['', '', '', ' ', '\n', '\t', '\r\n', '\x0b', '\x0c', '\xa0', '\xef\xbb\xbf'];
const keys = [
  '"model"',
  '"model"',
  '"stream"',
  '"messages"',
  '"max_tokens"',
  '"mod\\u0065l"',
  '"Model"',
  '"__proto__"',
  '"str\\u0065am"',
  '"a\\"b"',
  '""',
  '"model\\u0000"',
  '"\\ud800"',
  '"max_tokens"',
  '"max_completion_tokens"',
  '"n"',
  '"stream_options"',
  '"priority"',
  '"r\\u0069d"',
  '"bootstrap_host"',
  '"bootstrap_"',
  '"cache_salt"',
  '"user"',
  '"previous_response_id"',
  '"previous_response\\u005fid"',
];
/** What stands under a key decides little if it is nearly never what the key is for. */
const counts = ['1', '2', '0', '16', '16.0', '1e1', 'null', '-1', '0.5', '"7"', '9007199254740993'];
const options = [
  '{"include_usage":true}',
  '{ "include_usage" : false, "x": 1 }',
  '{"include_usage":true,"continuous_usage_stats":true}',
  '{"include_usage":1}',
  '{"__proto__":{"include_usage":true}}',
  'null',
  '[]',
];
/** Ids of responses, with and without the keeper's mark. */
const responses = [
  '"resp_1_sbx0badcafe"',
  '"resp_1"',
  '"a\\"b_sbx00000000"',
  '"\\u00e9_sbx\\u0030badcafe"',
  '"_sbx0badcafe"',
  'null',
  '7',
];
const strings = [
  '"chat"',
  '"locked"',
  '"ch\\u0061t"',
  '"a\\\\"',
  '"a\\"b"',
  '"\\/"',
  '"\\x"',
  '"\\u12"',
  '"tab\t"',
  '"nul\\u0000"',
  '"\xc3\xa9"',
  '"\xc3"',
  '"\\ud83d\\ude00"',
  "'chat'",
];
const numbers = [
  '0',
  '1',
  '-1',
  '01',
  '-',
  '1.',
  '.5',
  '1e5',
  '1E+5',
  '1e',
  '9007199254740993',
  '1e999',
  '-0',
  'NaN',
  '0x10',
  `1${'0'.repeat(300)}`,
  '1_0',
];
const literals = ['true', 'false', 'null', 'True', 'tru', 'truex', 'undefined'];

/** A body as callers send it, and as those do who want two parsers to see two models. */
export function jsonBody(dice: Dice): string {
  const isOdd = dice.chance(0.6);
  const space = (): string => (dice.chance(0.2) ? (isOdd ? dice.of(spaces) : dice.of(spaces.slice(0, 7))) : '');
  const members: string[] = [];
  const number = 1 + dice.below(6);
  if (dice.chance(0.9))
    members.push(`"model"${space()}:${space()}${isOdd && dice.chance(0.3) ? dice.of(strings) : '"chat"'}`);
  if (dice.chance(0.4)) members.push(`"stream":${dice.of(literals.slice(0, 3))}`);
  for (let made = 0; made < number; made++) {
    const key = isOdd && dice.chance(0.5) ? dice.of(keys) : `"k${made}"`;
    const worth = valueUnder(key, dice) ?? value(dice, 0, isOdd && dice.chance(0.4));
    members.push(`${space()}${key}${space()}:${space()}${worth}${space()}`);
  }
  const comma = (): string => (isOdd && dice.chance(0.03) ? dice.of([',,', '', ';', ' , ']) : ',');
  const body = dice.shuffle(members).reduce((all, member) => (all === '' ? member : all + comma() + member), '');
  const tail = isOdd && dice.chance(0.1) ? dice.of([',', '{}', 'x', '\0', '}', ' null', '\n\n']) : '';
  return `${space()}{${body}${isOdd && dice.chance(0.05) ? ',' : ''}}${tail}${space()}`;
}

function valueUnder(key: string, dice: Dice): string | undefined {
  if (dice.chance(0.2)) return undefined;
  if (key.startsWith('"max_') || key === '"n"') return dice.of(counts);
  if (key.startsWith('"previous_')) return dice.of(responses);
  return key === '"stream_options"' ? dice.of(options) : undefined;
}

function value(dice: Dice, depth: number, isOdd: boolean): string {
  const kind = dice.below(depth > 5 ? 3 : 5);
  if (kind === 0) return isOdd ? dice.of(strings) : '"text"';
  if (kind === 1) return isOdd ? dice.of(numbers) : '7';
  if (kind === 2) return isOdd ? dice.of(literals) : 'true';
  const inner = Array.from({ length: dice.below(4) }, () => value(dice, depth + 1, isOdd));
  if (kind === 3) return dice.chance(0.02) ? `${'['.repeat(200)}${']'.repeat(200)}` : `[${inner.join(',')}]`;
  return `{${inner.map((each) => `${isOdd ? dice.of(keys) : '"k"'}:${each}`).join(',')}}`;
}
