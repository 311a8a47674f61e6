import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { scanBody } from './scan-body.ts';
import { spliceModel } from './splice-model.ts';

const scan = (text: string) => scanBody(Buffer.from(text));

describe('reading the model from a body', () => {
  test.each([
    ['the plain case', '{"model":"chat","messages":[]}', 'chat'],
    ['white space anywhere', ' \r\n{ "a" : 1 ,\t"model" : "chat" } \n', 'chat'],
    ['model last', '{"messages":[{"role":"user","content":"x"}],"model":"chat"}', 'chat'],
    ['a model key inside a message', '{"messages":[{"model":"evil"}],"model":"chat"}', 'chat'],
    ['a model key inside a text', String.raw`{"prompt":"\",\"model\":\"evil\"","model":"chat"}`, 'chat'],
    ['a text that ends in a backslash', String.raw`{"prompt":"\\","model":"chat"}`, 'chat'],
    ['brackets inside a text', '{"prompt":"]}{[","x":["}"],"model":"chat"}', 'chat'],
    ['an escaped key', String.raw`{"mod\u0065l":"chat"}`, 'chat'],
    ['an escaped value', String.raw`{"model":"ch\u0061t\/\""}`, 'chat/"'],
    ['a name beyond ASCII', '{"model":"模型-é"}', '模型-é'],
    ['numbers and literals', '{"a":-1.5e+10,"b":true,"c":null,"d":0,"model":"chat"}', 'chat'],
    ['an empty name', '{"model":""}', ''],
  ])('%s', (_, text, model) => {
    expect(scan(text)).toMatchObject({ kind: 'read', model });
  });

  test.each([
    ['nothing', ''],
    ['no object', '[{"model":"chat"}]'],
    ['a string', '"model"'],
    ['cut off', '{"model":"chat","messages":['],
    ['cut off in a string', '{"model":"chat'],
    ['text behind', '{"model":"chat"} {"model":"evil"}'],
    ['a trailing comma', '{"model":"chat",}'],
    ['no comma', '{"a":1 "model":"chat"}'],
    ['no colon', '{"model" "chat"}'],
    ['a bare word', '{"a":nul,"model":"chat"}'],
    ['a bad number', '{"a":01,"model":"chat"}'],
    ['brackets that do not match', '{"a":[1}],"model":"chat"}'],
    ['a byte order mark', '\ufeff{"model":"chat"}'],
    ['no model', '{"messages":[]}'],
    ['a model that is no string', '{"model":{"name":"chat"}}'],
    ['a model that is null', '{"model":null}'],
    ['two models', '{"model":"chat","model":"evil"}'],
    ['two models, one in disguise', String.raw`{"model":"chat","\u006dodel":"evil"}`],
    ['two streams', '{"model":"chat","stream":true,"stream":false}'],
    ['a bad escape in a key', String.raw`{"mod\xel":"chat"}`],
    ['a very deep value', `{"a":${'['.repeat(200)}${']'.repeat(200)},"model":"chat"}`],
    ['very many keys', `{${Array.from({ length: 300 }, (_, i) => `"k${i}":1`).join(',')},"model":"chat"}`],
    ['a very long name', `{"model":"${'x'.repeat(2_000)}"}`],
  ])('%s is refused', (_, text) => {
    expect(scan(text)).toMatchObject({ kind: 'refused' });
  });

  test('bytes that are no UTF-8 are refused', () => {
    expect(scanBody(Buffer.from([...Buffer.from('{"model":"a'), 0xff, ...Buffer.from('"}')]))).toMatchObject({
      kind: 'refused',
      because: 'The body is not valid UTF-8.',
    });
  });

  test.each([
    ['{"model":"a","stream":true}', true],
    ['{"stream": true ,"model":"a"}', true],
    ['{"model":"a","stream":false}', false],
    ['{"model":"a","stream":null}', false],
    ['{"model":"a"}', false],
  ])('whether %s wants a stream', (text, stream) => {
    expect(scan(text)).toMatchObject({ stream });
  });

  test('it reads what JSON.parse reads, whatever stands beside the model', () => {
    const others = fc.dictionary(
      fc.string({ unit: 'grapheme' }).filter((key) => key !== 'model' && key !== 'stream'),
      fc.jsonValue({ maxDepth: 4 }),
    );
    fc.assert(
      fc.property(
        others,
        fc.string({ unit: 'grapheme', maxLength: 50 }),
        fc.nat(),
        fc.boolean(),
        (rest, model, at, pretty) => {
          const entries: [string, unknown][] = Object.entries(rest);
          entries.splice(at % (entries.length + 1), 0, ['model', model]);
          const text = JSON.stringify(Object.fromEntries(entries), null, pretty ? 2 : 0);
          const body = Buffer.from(text);
          const found = scanBody(body);
          if (!isWellFormed(text)) return;
          expect(found).toMatchObject({ kind: 'read', model: JSON.parse(text).model });
          if (found.kind === 'read')
            expect(JSON.parse(spliceModel(body, found, 'other').toString())).toEqual({
              ...JSON.parse(text),
              model: 'other',
            });
        },
      ),
    );
  });

  test('where damaged bytes are still read, JSON.parse reads the same model or refuses', () => {
    const whole = String.raw`{"a":{"model":"x"},"model":"ch\u0061t","messages":[{"content":"\"model\":\\"}],"n":1}`;
    const damage = fc.array(
      fc.record({ at: fc.nat(whole.length - 1), byte: fc.constantFrom(...Buffer.from('"\\{}[]:,m 0')) }),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(damage, (changes) => {
        const body = Buffer.from(whole);
        for (const { at, byte } of changes) body[at] = byte;
        const found = scanBody(body);
        const truth = parsed(body.toString());
        if (found.kind === 'read' && truth !== undefined) expect(found.model).toBe((truth as { model: unknown }).model);
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('changing the model', () => {
  test('every other byte stays', () => {
    const text = '{ "a":1e2,"model" : "chat" , "z":"\\u00e9"}';
    const body = Buffer.from(text);
    const found = scanBody(body);
    if (found.kind !== 'read') throw new Error(found.because);
    expect(spliceModel(body, found, 'a"b').toString()).toBe(text.replace('"chat"', '"a\\"b"'));
    expect(spliceModel(body, found, 'chat')).toBe(body);
  });
});

function isWellFormed(text: string): boolean {
  return Buffer.from(text).toString() === text;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
