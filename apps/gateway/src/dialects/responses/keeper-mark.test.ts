import { describe, expect, test } from '@jest/globals';
import { captured, drive, readerFor } from '../streams/drive.fixture.ts';
import { nameInFrames } from '../streams/frame-rule.ts';
import { keeperMark, keptResponse, markedId } from './keeper-mark.ts';

const hash = -559_038_737;
const mark = keeperMark(hash);
const tail = '_sbxdeadbeef';
const name = nameInFrames({ served: 'tiny', public: 'chat-of-all' }, 'model');

describe('a keeper’s mark', () => {
  test.each([0, 1, -1, 2 ** 31 - 1, -(2 ** 31), hash])('says %d and is taken off again', (keeperHash) => {
    const id = markedId({ id: 'resp_1f', keeperHash });
    expect(id).toMatch(/^resp_1f_sbx[0-9a-f]{8}$/);
    expect(keptResponse(id)).toEqual({ id: 'resp_1f', keeperHash });
  });

  test('is the last one of several: an engine may take a marked id for its own', () => {
    expect(keptResponse(`resp_1_sbx00000001${tail}`)).toEqual({ id: 'resp_1_sbx00000001', keeperHash: hash });
  });

  test.each(['', 'resp_1f', tail, 'resp_1_sbxDEADBEEF', 'resp_1_sbxdeadbee', 'resp_1_sbxdeadbeef '])(
    'is not seen in %j',
    (id) => {
      expect(keptResponse(id)).toBeUndefined();
    },
  );
});

const plain = captured('responses');
const markedPlain = plain.replace(/("id":"resp_[^"]*)"/, `$1${tail}"`);

describe('ids in a plain response', () => {
  test.each([undefined, name])('are marked, cut at each byte', (renamed) => {
    const bytes = Buffer.from(plain);
    const facts = { api: 'responses', contentType: 'application/json', mark, name: renamed } as const;
    const want = renamed === undefined ? markedPlain : markedPlain.replace('"model":"tiny"', '"model":"chat-of-all"');
    expect(want).not.toBe(plain);
    expect(drive(readerFor({ ...facts, contentLength: bytes.length }), bytes)).toMatchObject({ text: want });
    for (let cut = 0; cut <= bytes.length; cut++)
      expect(drive(readerFor(facts), bytes, [cut])).toMatchObject({ text: want, isWhole: true });
  });

  test.each([
    ['both, in any order', '{"previous_response_id":"a","x":{"id":"b"},"id":"c"}', ['a', 'c']],
    ['none that is no text', '{"id":7,"previous_response_id":null}', []],
    ['none in what was generated', '{"output":[{"id":"m","text":"\\"id\\":\\"x\\""}],"usage":null}', []],
  ])('%s', (_, text, ids) => {
    const want = ids.reduce((so, id) => so.replace(`"${id}"`, `"${id}${tail}"`), text);
    const facts = { api: 'responses', contentType: 'application/json', mark } as const;
    expect(drive(readerFor({ ...facts, contentLength: text.length }), text).text).toBe(want);
    expect(drive(readerFor(facts), text, [3]).text).toBe(want);
  });
});

describe('ids in a stream of the Responses API', () => {
  const event = (type: string, body: object) => `event: ${type}\ndata: ${JSON.stringify({ type, ...body })}\n\n`;
  const response = { model: 'tiny', id: 'resp_1', previous_response_id: 'resp_0', usage: null };
  const text =
    event('response.created', { response }) +
    event('response.output_item.added', { item: { id: 'msg_1' } }) +
    event('response.output_text.delta', { item_id: 'msg_1', delta: '"id":"resp_1"' }) +
    event('response.completed', { response: { ...response, usage: { input_tokens: 3, output_tokens: 2 } } });
  const want = text
    .replaceAll(':"resp_1"', `:"resp_1${tail}"`)
    .replaceAll(':"resp_0"', `:"resp_0${tail}"`)
    .replaceAll('"model":"tiny"', '"model":"chat-of-all"');

  test('are marked in the events that hold the response, cut at each byte', () => {
    for (let cut = 0; cut <= text.length; cut++) {
      const reader = readerFor({ api: 'responses', mark, name });
      expect(drive(reader, text, [cut])).toMatchObject({ text: want, isWhole: true });
      expect(reader.usage).toMatchObject({ input: 3, output: 2 });
    }
  });

  test('an answer from before is not counted again', () => {
    const reader = readerFor({ api: 'keptResponse', mark, name });
    expect(drive(reader, text)).toMatchObject({ text: want, isWhole: true });
    expect(reader.usage).toBeUndefined();
    const again = readerFor({ api: 'keptResponse', contentType: 'application/json', mark });
    expect(drive(again, plain).text).toBe(markedPlain);
    expect(again.usage).toBeUndefined();
  });
});
