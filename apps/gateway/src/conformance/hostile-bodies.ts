import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { backendOf, chat, routeOf, snapshotOf, startBoth } from '../gateway.fixture.ts';
import type { Path } from './path.ts';
import { startCountingEngine } from './raw-bytes.fixture.ts';

const many = 4_000_000;
const withModel = (members: string) => `{"model":"chat",${members}}`;
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
const around = (...bytes: readonly number[]) =>
  Buffer.concat([Buffer.from('{"model":"chat","x":"'), Buffer.from(bytes), Buffer.from('"}')]);

export function hostileBodies(path: Path): void {
  describe('JSON that parsers read differently, or that costs them much', () => {
    let engine: Awaited<ReturnType<typeof startCountingEngine>>;
    let both: Awaited<ReturnType<typeof startBoth>>;
    beforeAll(async () => {
      engine = await startCountingEngine();
      const backends = [backendOf({ revisionId: 'rev-1', at: [engine.url] })];
      const locked = routeOf(backends, { id: 'route-locked', name: 'locked', access: 'keys' });
      both = await startBoth(snapshotOf([routeOf(backends), locked]), path);
    });
    afterAll(async () => {
      await both.stop();
      await engine.close();
    });
    afterEach(async () => {
      engine.seen.bodies.length = 0;
      expect((await chat(both.url)).status).toBe(200);
      engine.seen.bodies.length = 0;
    });

    const send = (body: string | Buffer) =>
      fetch(`${both.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: new Uint8Array(Buffer.from(body as string)),
      });

    test.each<[string, string | Buffer]>([
      ['129 levels', withModel(`"x":${nested(129)}`)],
      ['a million levels of lists', withModel(`"x":${nested(many / 4)}`)],
      ['a million objects inside each other', withModel(`"x":${'{"a":'.repeat(many / 4)}1${'}'.repeat(many / 4)}`)],
      ['lists that never end', withModel(`"x":${'['.repeat(many)}`).slice(0, -1)],
      ['brackets that do not match', withModel('"x":[{]}')],
      ['the model twice', '{"model":"chat","model":"locked"}'],
      ['the model twice, once by an escape', '{"model":"chat","mod\\u0065l":"locked"}'],
      ['the model twice, the same', '{"model":"chat","model":"chat"}'],
      ['whether to stream twice', withModel('"stream":false,"stream":true')],
      ['its bound twice', withModel('"max_tokens":1,"max_tokens":1000000')],
      ['its bound twice, once by an escape', withModel('"max_tokens":1,"max\\u005ftokens":1000000')],
      ['two dialogues', withModel('"messages":[],"messages":[{}]')],
      ['a million keys', withModel(`${'"a":1,'.repeat(many / 4)}"b":1`)],
      ['a number of a million digits', withModel(`"seed":${'9'.repeat(many / 4)}`)],
      ['a bound beyond what numbers tell apart', withModel('"max_tokens":9007199254740993')],
      ['a bound beyond all numbers', withModel('"max_tokens":1e999')],
      ['a bound below nothing', withModel('"max_tokens":-1')],
      ['half a token', withModel('"max_tokens":0.5')],
      ['a bound in a string', withModel('"max_tokens":"16"')],
      ['as many choices as there are numbers', withModel('"n":1e400')],
      ['not a number', withModel('"temperature":NaN')],
      ['infinity', withModel('"temperature":Infinity')],
      ['a hexadecimal number', withModel('"seed":0x10')],
      ['a zero before a number', withModel('"seed":010')],
      ['a plus before a number', withModel('"seed":+1')],
      ['a comma too many', withModel('"x":1,')],
      ['a comment', withModel('"x":1/* "model":"locked" */')],
      ['another kind of quotes', "{'model':'chat'}"],
      ['a key without quotes', '{model:"chat"}'],
      ['a line end in the model', '{"model":"ch\nat"}'],
      ['an escape that is none', '{"model":"ch\\at"}'],
      ['a second object behind it', `${withModel('"x":1')}{"model":"locked"}`],
      ['a NUL behind it', `${withModel('"x":1')}\0`],
      ['a list', '["model"]'],
      ['a string', '"model"'],
      ['nothing but space', ' '.repeat(1_000)],
      ['a byte order mark', `\ufeff${withModel('"x":1')}`],
      ['UTF-16', Buffer.from(withModel('"x":1'), 'utf16le')],
      ['half a character', around(0xc3)],
      ['a character in more bytes than it needs', around(0xc0, 0xaf)],
      ['half a pair, in bytes', around(0xed, 0xa0, 0x80)],
      ['a character beyond the last', around(0xf4, 0x90, 0x80, 0x80)],
      ['a byte that is never one', around(0xff)],
    ])('%s is a 400, and no engine hears of it', async (_, body) => {
      const answer = await send(body);
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ error: { type: 'invalid_request_error' } });
      expect(engine.seen.bodies).toEqual([]);
    });

    test.each(['__proto__', 'constructor', 'toString', 'chat\\u0000', ' chat', 'CHAT', 'chat\\ud800', '../locked', ''])(
      'a model called "%s" is none',
      async (name) => {
        expect((await send(`{"model":"${name}"}`)).status).toBe(404);
        expect(engine.seen.bodies).toEqual([]);
      },
    );

    test.each<[string, string]>([
      ['a prototype', '{"__proto__":{"model":"locked","stream":true},"model":"chat"}'],
      ['a constructor', withModel('"constructor":{"prototype":{"model":"locked"}}')],
      ['another model inside', withModel('"x":{"model":"locked"},"y":[{"model":"locked"}]')],
      ['another model in a string', withModel('"x":"\\",\\"model\\":\\"locked"')],
      ['a key that is nearly the model', withModel('"Model":"locked","model ":"locked","model\\u0000":"locked"')],
      ['the model by an escape', '{"mod\\u0065l":"chat"}'],
      ['128 levels', withModel(`"x":${nested(128)}`)],
      ['digits that no number holds', withModel('"seed":123456789012345678901234567890.10e-2')],
      ['half a pair, by an escape', withModel('"x":"\\ud800"')],
      ['a key twice that only the engine knows', withModel('"x":1,"x":2')],
      ['very many backslashes', withModel(`"x":"${'\\\\'.repeat(many / 2)}"`)],
      ['very many quotes', withModel(`"x":"${'\\"'.repeat(many / 2)}"`)],
      ['very many strings', withModel(`"x":[${'"",'.repeat(many / 4)}""]`)],
    ])('%s reaches the engine as it came, but for the model’s name', async (_, body) => {
      const answer = await send(body);
      expect(answer.status).toBe(200);
      expect(engine.seen.bodies.map((seen) => seen === body.replace('"chat"', '"tiny"'))).toEqual([true]);
    });
  });
}
