import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { applyEdits, editOwned } from '../json/edit-bytes.ts';
import { memberOf } from '../json/walk-json.ts';
import { askForUsage } from './ask-for-usage.ts';
import { memberCuts, nameEdit } from './edit-body.ts';

const span = (body: Buffer, key: string) => {
  const found = memberOf(body, 0, body.length, key);
  return found === undefined ? undefined : { start: found.valueStart, end: found.valueEnd };
};

function asked(text: string, engine = 'vllm', api: 'chat' | 'completions' = 'chat', choices = 1) {
  const body = Buffer.from(text);
  const places = { streamOptions: span(body, 'stream_options'), closingBrace: text.lastIndexOf('}') };
  const request = askForUsage(body, places, engine, api, choices);
  return request && { text: applyEdits(body, request.edits).toString(), hidden: request.hidden };
}

const both = '{"include_usage":true,"continuous_usage_stats":true}';

describe('asking an engine for usage', () => {
  test.each([
    ['without options', '{"model":"chat" } \n', `{"model":"chat" ,"stream_options":${both}} \n`, 'drop'],
    ['options that are null', '{"stream_options":null,"a":1}', `{"stream_options":${both},"a":1}`, 'drop'],
    ['no usage wanted', '{"stream_options":{"include_usage":false}}', `{"stream_options":${both}}`, 'drop'],
    ['usage wanted at the end', '{"stream_options": {"include_usage": true} }', `{"stream_options": ${both} }`, 'keep'],
    [
      'options of other kinds',
      '{"stream_options":{"include_obfuscation":false}}',
      '{"stream_options":{"include_obfuscation":false,"include_usage":true,"continuous_usage_stats":true}}',
      'drop',
    ],
    [
      'options whose numbers would change',
      '{"stream_options":{ "include_usage":false, "a":-0,"b":1e400, "c":12345678901234567890 } }',
      '{"stream_options":{ "include_usage":false, "a":-0,"b":1e400, "c":12345678901234567890 ,"include_usage":true,"continuous_usage_stats":true} }',
      'drop',
    ],
    [
      'running usage without usage, which is none',
      '{"stream_options":{"continuous_usage_stats":true}}',
      '{"stream_options":{"continuous_usage_stats":true,"include_usage":true}}',
      'drop',
    ],
  ])('%s', (_, body, want, last) => {
    expect(asked(body)).toEqual({
      text: want,
      hidden: { each: 'cut', last, movesFingerprint: last === 'drop' },
    });
  });

  test('hides nothing that the caller asked for', () => {
    const body = `{"stream_options":${both}}`;
    expect(asked(body)).toEqual({ text: body, hidden: undefined });
  });

  test.each([
    ['without options', '{"n":2}', '{"n":2,"stream_options":{"include_usage":true}}'],
    [
      'running usage without usage, which is none',
      '{"stream_options":{"continuous_usage_stats":true}}',
      '{"stream_options":{"continuous_usage_stats":false,"include_usage":true}}',
    ],
  ])('of several choices only at the end, where it is of all of them: %s', (_, body, want) => {
    expect(asked(body, 'vllm', 'chat', 2)).toEqual({ text: want, hidden: expect.objectContaining({ last: 'drop' }) });
  });

  test.each([`{"stream_options":${both}}`, '{"stream_options":{"include_usage":true}}'])(
    'leaves alone what the caller asked for several choices: %s',
    (body) => {
      expect(asked(body, 'vllm', 'chat', 2)).toEqual({ text: body, hidden: undefined });
    },
  );

  test.each([
    ['a number', '{"stream_options":1}'],
    ['a list', '{"stream_options":[]}'],
    ['a usage that is no boolean', '{"stream_options":{"include_usage":"yes"}}'],
    ['options longer than options are', `{"stream_options":{"x":"${'x'.repeat(2_000)}"}}`],
  ])('%s is left to the engine, which refuses it', (_, body) => {
    expect(asked(body)).toBeUndefined();
  });

  test.each(['triton', 'unknown'])('%s is not asked', (engine) => {
    expect(asked('{"model":"chat"}', engine)).toBeUndefined();
  });

  test('the simulated engine is asked as vLLM, SGLang’s two writers are told apart', () => {
    expect(asked('{"a":1}', 'simulated')?.hidden?.each).toBe('cut');
    expect(asked('{"a":1}', 'sglang')?.hidden).toEqual({ each: 'nullOfTools', last: 'drop', movesFingerprint: false });
    expect(asked('{"a":1}', 'sglang', 'completions')?.hidden?.each).toBe('null');
  });
});

describe('changing a body', () => {
  test('the model’s name is quoted as JSON, and the same name is no change', () => {
    const body = Buffer.from('{ "model" : "chat" , "z":"\\u00e9"}');
    const at = span(body, 'model') ?? { start: 0, end: 0 };
    const edit = nameEdit(body, at, 'a"b');
    expect(applyEdits(body, edit === undefined ? [] : [edit]).toString()).toBe('{ "model" : "a\\"b" , "z":"\\u00e9"}');
    expect(nameEdit(body, at, 'chat')).toBeUndefined();
  });

  test('no edit is no copy', () => {
    const body = Buffer.from('{}');
    expect(applyEdits(body, [])).toBe(body);
  });

  test('edits that overlap are a mistake of ours', () => {
    const edits = [
      { at: 0, remove: 3, insert: Buffer.alloc(0) },
      { at: 2, remove: 1, insert: Buffer.alloc(0) },
    ];
    expect(() => applyEdits(Buffer.from('abcdef'), edits)).toThrow(RangeError);
  });

  test('members are cut with their commas, whichever they are', () => {
    const keys = ['a', 'b', 'c', 'd'];
    fc.assert(
      fc.property(fc.subarray(keys), fc.subarray(keys, { minLength: 1 }), fc.boolean(), (cut, all, isPretty) => {
        const value = Object.fromEntries(all.map((key) => [key, { [key]: '},"b":1' }]));
        const body = Buffer.from(JSON.stringify(value, null, isPretty ? 2 : 0));
        const gone = cut.filter((key) => all.includes(key));
        const members = gone.map((key) => {
          const { keyStart = 0, valueEnd = 0 } = memberOf(body, 0, body.length, key) ?? {};
          return { start: keyStart, end: valueEnd };
        });
        const left = JSON.parse(applyEdits(body, memberCuts(body, members)).toString());
        expect(left).toEqual(Object.fromEntries(Object.entries(value).filter(([key]) => !gone.includes(key))));
      }),
    );
  });

  test('in place and copied, edits make the same bytes', () => {
    const edits = fc.array(fc.record({ skip: fc.nat(9), remove: fc.nat(9), insert: fc.string({ maxLength: 6 }) }), {
      maxLength: 5,
    });
    fc.assert(
      fc.property(edits, fc.string({ minLength: 100, maxLength: 120 }), (list, text) => {
        let at = 0;
        const made = list.map(({ skip, remove, insert }) => {
          const edit = { at: at + skip, remove, insert: Buffer.from(insert) };
          at += skip + remove;
          return edit;
        });
        const want = applyEdits(Buffer.from(text), made);
        expect(editOwned(Buffer.from(text), made) ?? Buffer.alloc(0)).toEqual(want);
      }),
    );
  });
});
