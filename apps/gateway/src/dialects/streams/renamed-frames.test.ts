import { describe, expect, test } from '@jest/globals';
import type { AnswerApi } from '../dialect.ts';
import { captured, drive, readerFor } from './drive.fixture.ts';
import { nameInFrames } from './frame-rule.ts';

const names = { served: 'tiny', public: 'chat-of-all' };
const renaming = (api: AnswerApi) => ({
  api,
  names,
  name: nameInFrames(names, api === 'kserve' ? 'model_name' : 'model'),
});

const responses =
  'event: response.created\ndata: {"type":"response.created","response":{"tools":[{"model":"tiny"}],"model":"tiny","usage":null}}\n\n' +
  'event: response.output_text.delta\ndata: {"delta":"\\"model\\":\\"tiny\\""}\n\n' +
  'event: response.completed\ndata: {"type":"response.completed","response":{"model":"tiny","usage":{"input_tokens":1,"output_tokens":1}}}\n\n';
const generate = 'data: {"model_name":"tiny","model_version":"1","text_output":"tiny"}\n\n';

describe('the engine’s name for the model in a stream', () => {
  test.each<[AnswerApi, string, string]>([
    ['chat', captured('chat-stream'), captured('chat-stream').replaceAll('"model":"tiny"', '"model":"chat-of-all"')],
    [
      'completions',
      captured('completion-stream'),
      captured('completion-stream').replaceAll('"model":"tiny"', '"model":"chat-of-all"'),
    ],
    [
      'messages',
      captured('anthropic-messages-stream'),
      captured('anthropic-messages-stream').replace('"model":"tiny"', '"model":"chat-of-all"'),
    ],
    ['responses', responses, responses.replaceAll('"model":"tiny","usage"', '"model":"chat-of-all","usage"')],
    ['kserve', generate, generate.replace('"model_name":"tiny"', '"model_name":"chat-of-all"')],
  ])('of %s is the caller’s, cut at each byte', (api, text, want) => {
    const { length } = Buffer.from(text);
    for (let cut = 0; cut <= length; cut++)
      expect(drive(readerFor(renaming(api)), text, [cut])).toMatchObject({ text: want, isWhole: true });
  });

  test.each([
    ['has moved', 'data: {"id":1,"model":"tiny"}\n\ndata: {"id":234,"model" : "tiny"}\n\n'],
    ['stands inside too', 'data: {"x":{"model":"tiny"},"model":"tiny"}\n\n'],
    ['is text', 'data: {"x":"\\"model\\":\\"tiny\\"","model":"tiny"}\n\n'],
    ['is another one in one frame', 'data: {"model":"tiny"}\n\ndata: {"model":"tinier"}\n\n'],
  ])('is found at the top of the frame, also where it %s', (_, text) => {
    const want = text.replaceAll(/("id":\d+,|[{,])("model" ?: ?)"tiny"(?=\}\n)/g, '$1$2"chat-of-all"');
    expect(want).not.toBe(text);
    expect(drive(readerFor(renaming('chat')), text).text).toBe(want);
  });

  test('is not touched where it is the caller’s already', () => {
    expect(nameInFrames({ served: 'tiny', public: 'tiny' }, 'model')).toBeUndefined();
  });
});
