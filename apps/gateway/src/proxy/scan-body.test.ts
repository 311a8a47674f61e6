import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { applyEdits } from '../dialects/json/edit-bytes.ts';
import { nameEdit } from '../dialects/request/edit-body.ts';
import { type BodyFacts, scanBody } from './scan-body.ts';

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
    ['a line break in a name', '{"model":"a\nb"}'],
    ['a number cut off', '{"model":"chat","a":1.}'],
    ['a very long number', `{"model":"chat","a":${'1'.repeat(500)}}`],
    ['two prompts', '{"model":"chat","messages":[],"messages":[]}'],
    ['two bounds, one in disguise', String.raw`{"model":"chat","max_tokens":1,"max\u005ftokens":2}`],
    ['a stream that is 1', '{"model":"chat","stream":1}'],
    ['a stream that is a text', '{"model":"chat","stream":"true"}'],
    ['stream options that are a list', '{"model":"chat","stream_options":[]}'],
    ['stream options that are no JSON', '{"model":"chat","stream_options":{"include_usage":tru}}'],
    ['usage that is wanted 1', '{"model":"chat","stream_options":{"include_usage":1}}'],
    ['a negative bound', '{"model":"chat","max_tokens":-1}'],
    ['half a token', '{"model":"chat","max_tokens":0.5}'],
    ['a bound beyond all numbers', '{"model":"chat","max_tokens":1e400}'],
    ['a bound that is a text', '{"model":"chat","max_tokens":"16"}'],
    ['half an answer', '{"model":"chat","n":1.5}'],
    ['an earlier answer by number', '{"model":"chat","previous_response_id":7}'],
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

  test.each<{ name: string; body: string; want: Record<string, unknown> }>([
    { name: 'no bound', body: '{"model":"a"}', want: { maxOutputTokens: null, choices: 1, previousResponse: null } },
    { name: 'a bound', body: '{"model":"a","max_tokens":16}', want: { maxOutputTokens: 16 } },
    {
      name: 'the largest bound',
      body: '{"model":"a","max_tokens":16,"max_completion_tokens":20}',
      want: { maxOutputTokens: 20 },
    },
    { name: 'a bound of none', body: '{"model":"a","max_output_tokens":0}', want: { maxOutputTokens: 0 } },
    { name: 'a bound in other digits', body: '{"model":"a","max_tokens":1.6e1}', want: { maxOutputTokens: 16 } },
    {
      name: 'null is no bound',
      body: '{"model":"a","max_tokens":null,"n":null}',
      want: { maxOutputTokens: null, choices: 1 },
    },
    { name: 'several answers', body: '{"model":"a","n":2}', want: { choices: 2 } },
    { name: 'the best of several', body: '{"model":"a","best_of":5,"n":2}', want: { choices: 5 } },
    {
      name: 'an earlier answer',
      body: '{"model":"a","previous_response_id":"r\\u0031"}',
      want: { previousResponse: { id: 'r1', start: 36, end: 45 } },
    },
    { name: 'usage is not spoken of', body: '{"model":"a","stream":true}', want: { streamOptions: null } },
    {
      name: 'usage is left open',
      body: '{"model":"a","stream_options":{}}',
      want: { streamOptions: { start: 30, end: 32, includeUsage: null } },
    },
    {
      name: 'options that are null',
      body: '{"model":"a","stream_options":null}',
      want: { streamOptions: { start: 30, end: 34, includeUsage: null } },
    },
    {
      name: 'usage is wanted',
      body: '{"model":"a","stream_options":{"include_usage":true}}',
      want: { streamOptions: { start: 30, end: 52, includeUsage: true } },
    },
    {
      name: 'usage is not wanted',
      body: '{"model":"a","stream_options":{"x":[1],"include_usage" : false}}',
      want: { streamOptions: expect.objectContaining({ includeUsage: false }) },
    },
  ])('what a request says: $name', ({ body, want }) => {
    expect(scan(body)).toMatchObject(want);
  });

  test.each([
    ['none', '{"model":"a"}', null],
    ['a user', '{"model":"a","user":"u1"}', '"u1"'],
    ['a user for whom others vouch', '{"safety_identifier":"s1","model":"a"}', '"s1"'],
    [
      'the key of a cache before a user',
      '{"user":"u1","prompt_cache_key":"k1","safety_identifier":"s1","model":"a"}',
      '"k1"',
    ],
    ['what is no text is no hint', '{"user":{"id":1},"prompt_cache_key":7,"model":"a"}', null],
  ])('the session: %s', (_, text, want) => {
    const body = Buffer.from(text);
    const { session } = read(body);
    expect(session === null ? null : body.toString('utf8', session.start, session.end)).toBe(want);
  });

  test.each([
    ['nothing to drop', '{"model":"a"}', '{"model":"a"}'],
    ['in the middle', '{"model":"a","priority":9,"n":1}', '{"model":"a","n":1}'],
    ['at the end', '{"model":"a" , "rid" : "x" }', '{"model":"a"  }'],
    ['at the start', '{ "cache_salt":"x" , "model":"a"}', '{  "model":"a"}'],
    ['several on both sides', '{"rid":1,"rid":2,"model":"a","priority":[1],"bootstrap_room":{"x":1}}', '{"model":"a"}'],
    ['in disguise', String.raw`{"model":"a","p\u0072iority":9,"kv_transfer_params":null}`, '{"model":"a"}'],
    ['not what only begins so', '{"model":"a","bootstrap_":1,"ridge":2}', '{"model":"a","bootstrap_":1,"ridge":2}'],
    ['not what lies deeper', '{"model":"a","x":{"rid":1}}', '{"model":"a","x":{"rid":1}}'],
  ])('members that engines must not get: %s', (_, text, want) => {
    const body = Buffer.from(text);
    expect(without(body, read(body).dropped)).toBe(want);
  });

  test('it reads what JSON.parse reads, whatever stands where', () => {
    fc.assert(
      fc.property(
        fc.array(member, { maxLength: 12 }),
        fc.constantFrom(0, 2),
        fc.boolean(),
        (members, indent, disguised) => {
          const entries = members.map(
            ([key, value]) =>
              `${disguised ? escaped(key) : JSON.stringify(key)}: ${JSON.stringify(value, null, indent)}`,
          );
          const body = Buffer.from(`{${entries.join(indent === 0 ? ',' : ' ,\n')}}`);
          const found = scanBody(body);
          const truth: Record<string, unknown> = JSON.parse(body.toString());
          const names = members.map(([key]) => key);
          if (!isReadable(truth) || names.some((name, at) => isUsed(name) && names.indexOf(name) !== at)) {
            expect(found).toMatchObject({ kind: 'refused' });
            return;
          }
          expect(found).toMatchObject({ kind: 'read', ...factsOf(truth) });
          if (found.kind !== 'read') return;
          const at = (span: { start: number; end: number }) => JSON.parse(body.toString('utf8', span.start, span.end));
          expect(found.streamOptions === null ? undefined : at(found.streamOptions)).toEqual(truth.stream_options);
          expect(found.session === null ? null : at(found.session)).toEqual(sessionOf(members));
          const prompts = Array.from({ length: found.promptSpans.length / 2 }, (_, index) =>
            at({ start: found.promptSpans[2 * index] ?? 0, end: found.promptSpans[2 * index + 1] ?? 0 }),
          );
          expect(prompts).toEqual(promptsOf(members));
          const kept = Object.entries(truth).filter(([key]) => !isDropped(key));
          expect(JSON.parse(without(body, found.dropped))).toEqual(Object.fromEntries(kept));
          expect(body[found.lastBrace]).toBe(125);
          const edit = nameEdit(body, { start: found.valueStart, end: found.valueEnd }, 'other');
          const renamed = JSON.parse(applyEdits(body, edit === undefined ? [] : [edit]).toString());
          expect(renamed).toEqual({ ...truth, model: 'other' });
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test('it finds the end of long texts, whatever quotes and escapes are in them', () => {
    const piece = fc.oneof(
      fc.constantFrom('"', '\\', '\\"', '"]}', 'é'),
      fc.nat(150).map((length) => 'x'.repeat(length)),
    );
    const content = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(fc.array(content, { minLength: 3, maxLength: 8 }), (texts) => {
        const prompt = JSON.stringify([...texts, 'y'.repeat(2_048)]);
        const body = Buffer.from(`{"model":"a","messages":${prompt},"n":2}`);
        const { promptSpans, choices } = read(body);
        expect([body.toString('utf8', promptSpans[0], promptSpans[1]), choices]).toEqual([prompt, 2]);
      }),
      { numRuns: 500 },
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

function read(body: Buffer): BodyFacts {
  const found = scanBody(body);
  if (found.kind !== 'read') throw new Error(found.because);
  return found;
}

function without(body: Buffer, spans: readonly number[]): string {
  const kept: Buffer[] = [];
  let from = 0;
  for (let at = 0; at < spans.length; at += 2) {
    kept.push(body.subarray(from, spans[at]));
    from = spans[at + 1] ?? 0;
  }
  return Buffer.concat([...kept, body.subarray(from)]).toString();
}

const promptKeys = ['messages', 'prompt', 'input', 'system', 'tools', 'instructions'];
const numberKeys = ['max_tokens', 'max_completion_tokens', 'max_output_tokens', 'n', 'best_of'];
const textKeys = ['previous_response_id', 'prompt_cache_key', 'user', 'safety_identifier'];
const otherKeys = ['store', 'background'];
const droppedKeys = ['cache_salt', 'priority', 'kv_transfer_params', 'rid', 'bootstrap_room'];

const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const anything = fc.jsonValue({ maxDepth: 4 });
const number = fc.oneof(fc.nat(), fc.constant(null), fc.constantFrom(16.5, -1, 1e300, 1e21));
const pair = <T>(keys: readonly string[], value: fc.Arbitrary<T>) => fc.tuple(fc.constantFrom(...keys), value);
const member: fc.Arbitrary<[string, unknown]> = fc.oneof(
  { weight: 3, arbitrary: pair(['model'], fc.oneof({ weight: 9, arbitrary: text }, anything)) },
  pair(['stream'], fc.oneof(fc.boolean(), fc.constantFrom(null, 1, 'true'))),
  pair(['stream_options'], fc.oneof(fc.record({ include_usage: fc.constantFrom(true, false, null) }), anything)),
  pair(numberKeys, fc.oneof({ weight: 4, arbitrary: number }, anything)),
  pair(textKeys, fc.oneof({ weight: 4, arbitrary: text }, anything)),
  pair(otherKeys, fc.oneof(fc.constantFrom(true, false, null), anything)),
  pair(promptKeys, anything),
  pair(droppedKeys, anything),
  fc.tuple(text, anything),
);

const isDropped = (key: string) => /^(?:cache_salt|priority|kv_transfer_params|rid|bootstrap_.+)$/.test(key);
const isUsed = (key: string) =>
  ['model', 'stream', 'stream_options', ...numberKeys, ...textKeys, ...otherKeys, ...promptKeys].includes(key);
const isNothing = (value: unknown) => value === undefined || value === null;
const escaped = (key: string) =>
  `"${Array.from({ length: key.length }, (_, at) => `\\u${key.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')}"`;

function promptsOf(members: readonly [string, unknown][]): unknown[] {
  const under = (keys: readonly string[]) => members.filter(([key]) => keys.includes(key)).map(([, value]) => value);
  return [...under(['system', 'tools', 'instructions']).reverse(), ...under(['messages', 'prompt', 'input'])];
}

/** What must hold for a body to be read at all, said over the parsed object. */
function isReadable(truth: Record<string, unknown>): boolean {
  const { model, stream, stream_options: options, previous_response_id: previous } = truth;
  if (typeof model !== 'string' || !(isNothing(stream) || typeof stream === 'boolean')) return false;
  if (!isNothing(previous) && typeof previous !== 'string') return false;
  if (!isNothing(options)) {
    if (typeof options !== 'object' || Array.isArray(options)) return false;
    const usage = (options as { include_usage?: unknown }).include_usage;
    if (!isNothing(usage) && typeof usage !== 'boolean') return false;
    if (JSON.stringify(options, null, 2).length > 1_000) return false;
  }
  return numberKeys.every(
    (key) => isNothing(truth[key]) || (Number.isSafeInteger(truth[key]) && Number(truth[key]) >= 0),
  );
}

function factsOf(truth: Record<string, unknown>): Record<string, unknown> {
  const numbers = (keys: readonly string[]) =>
    keys.flatMap((key) => (isNothing(truth[key]) ? [] : [Number(truth[key])]));
  const bounds = numbers(numberKeys.slice(0, 3));
  return {
    model: truth.model,
    stream: truth.stream === true,
    maxOutputTokens: bounds.length === 0 ? null : Math.max(...bounds),
    choices: Math.max(1, ...numbers(numberKeys.slice(3))),
    previousResponse: isNothing(truth.previous_response_id) ? null : { id: truth.previous_response_id },
    store: truth.store !== false,
    background: !isNothing(truth.background) && truth.background !== false,
  };
}

function sessionOf(members: readonly [string, unknown][]): unknown {
  const texts = members.filter(([, value]) => typeof value === 'string');
  const best =
    texts.find(([key]) => key === 'prompt_cache_key') ??
    texts.find(([key]) => key === 'user' || key === 'safety_identifier');
  return best?.[1] ?? null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
