import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { run } from './run.ts';
import { aWorld } from './testing/a-world.ts';
import * as answers from './testing/answers.ts';
import {
  answerJson,
  type Ended,
  type Handler,
  openEvents,
  type Started,
  type Stub,
  serve,
  startCli,
} from './testing/run-cli.ts';

// A process starts in half a second, and in several where the machine is busy.
jest.setTimeout(30_000);

let folder: string;
let stub: Stub | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'signalbox-cli-'));
});

afterEach(() => {
  stub?.close();
  stub = undefined;
  rmSync(folder, { recursive: true });
});

async function start(args: readonly string[], handler: Handler, input?: string): Promise<Started> {
  stub = await serve(handler);
  const env = { SIGNALBOX_URL: stub.url, SIGNALBOX_TOKEN: 'sbt_secret', SIGNALBOX_GATEWAY_URL: stub.url };
  return startCli(args, { env, cwd: folder, ...(input === undefined ? {} : { input }) });
}

async function ends(args: readonly string[], handler: Handler, input?: string): Promise<Ended> {
  return (await start(args, handler, input)).ended;
}

const nothing: Handler = (_, response) => void response.writeHead(404).end();
const problem = (code: string, status: number, detail: string) => ({
  type: `/docs/errors#${code}`,
  title: 'Refused',
  status,
  code,
  detail,
  requestId: 'req-7',
  problems: [],
});

describe('against a server that misbehaves', () => {
  test('a control plane that is down is named, with what to do, and without the token', async () => {
    const { url, close } = await serve(nothing);
    close();
    const env = { SIGNALBOX_URL: url, SIGNALBOX_TOKEN: 'sbt_secret' };
    const { code, out, error } = await startCli(['whoami'], { env, cwd: folder }).ended;
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(error).toBe(
      `error: No answer from ${url}: connection refused. Start it with npm start, or name another one with --url or SIGNALBOX_URL.\n`,
    );
  });

  test('a refused token is told with where it came from', async () => {
    const refuse: Handler = (_, response) =>
      answerJson(response, problem('auth.invalid', 401, 'Check the token; it may have been revoked.'), 401);
    const { code, error } = await ends(['get', 'deployments'], refuse);
    expect(code).toBe(1);
    expect(error).toBe('error: Refused: Check the token; it may have been revoked.\nthe token came from environment\n');
  });

  test.each<{ name: string; handler: Handler; says: string }>([
    { name: 'half a document', handler: (_, response) => void response.end('{"items": ['), says: 'not with JSON' },
    {
      name: 'another product',
      handler: (_, response) => answerJson(response, { ok: true }),
      says: 'not in the shape of',
    },
    { name: 'nothing there', handler: nothing, says: 'status 404' },
    { name: 'broken connections', handler: (request) => void request.socket.destroy(), says: 'No answer from' },
  ])('$name is an error and no crash', async ({ handler, says }) => {
    stub = await serve(handler);
    const env = { SIGNALBOX_URL: stub.url, XDG_CONFIG_HOME: folder };
    const { world, out, error } = aWorld({}, { fetch: globalThis.fetch, env });
    expect(await run(['get', 'deployments'], world)).toBe(1);
    expect(out()).toBe('');
    expect(error()).toContain(says);
    expect(error()).not.toContain('    at ');
  });

  test('a page is an error of the program as well', async () => {
    const { code, error } = await ends(['get', 'deployments'], (_, response) => void response.end('<html>hi</html>'));
    expect(code).toBe(1);
    expect(error).toContain('not with JSON (it sent nothing). Check that the URL is that of a control plane.');
  });

  test('an error inside the control plane gives the request to look for', async () => {
    const fail: Handler = (_, response) =>
      answerJson(response, problem('internal.unexpected', 500, 'Look at the logs.'), 500);
    expect((await ends(['whoami'], fail)).error).toBe('error: Refused: Look at the logs. (request req-7)\n');
  });
});

describe('manifests', () => {
  test('come from files, folders and stdin, and go out in one request', async () => {
    mkdirSync(join(folder, 'manifests', 'deep'), { recursive: true });
    for (const name of ['b.yaml', 'a.yml', 'deep/c.json', 'notes.txt', '.hidden.yaml']) {
      writeFileSync(join(folder, 'manifests', name), `# ${name}\n`);
    }
    let body = '';
    const accept: Handler = (request, response) => {
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => answerJson(response, { changes: [], dryRun: false }));
    };
    const { code, out } = await ends(['apply', '-f', 'manifests', '-f', '-'], accept, '# stdin\n');
    expect({ code, out }).toEqual({ code: 0, out: '0 created, 0 updated, 0 deleted, 0 unchanged\n' });
    const { source, sources } = JSON.parse(body);
    expect(source).toBe('manifests -');
    expect(sources).toEqual([
      { file: 'manifests/a.yml', text: '# a.yml\n' },
      { file: 'manifests/b.yaml', text: '# b.yaml\n' },
      { file: 'manifests/deep/c.json', text: '# deep/c.json\n' },
      { file: '-', text: '# stdin\n' },
    ]);
  });

  test('that cannot be read are all told, and nothing is sent', async () => {
    writeFileSync(join(folder, 'large.yaml'), '');
    truncateSync(join(folder, 'large.yaml'), 50 * 1024 * 1024);
    writeFileSync(join(folder, 'bytes.yaml'), Buffer.from([0xff, 0xfe, 0x00]));
    mkdirSync(join(folder, 'empty'));
    let asked = false;
    const args = ['apply', '-f', 'large.yaml', '-f', 'missing.yaml', '-f', 'empty', '-f', 'bytes.yaml'];
    const { code, error } = await ends(args, (_, response) => {
      asked = true;
      response.end();
    });
    expect({ code, asked }).toEqual({ code: 64, asked: false });
    expect(error).toBe(
      [
        'error: large.yaml: is too large for manifests (50 MiB, at most 4 MiB)',
        'missing.yaml: no such file or folder',
        'empty: no manifests in this folder (*.yaml, *.yml, *.json)',
        'bytes.yaml: is not text in UTF-8',
        '',
      ].join('\n'),
    );
  });

  test('are not pruned where nobody can be asked', async () => {
    writeFileSync(join(folder, 'a.yaml'), '');
    const { code, error } = await ends(['apply', '-f', 'a.yaml', '--prune'], nothing);
    expect(code).toBe(64);
    expect(error).toContain('repeat with --yes');
  });

  test('that change nothing make a plan that ends 0', async () => {
    const unchanged: Handler = (_, response) => answerJson(response, { changes: [], dryRun: true });
    expect((await ends(['plan', '-f', '-'], unchanged, '')).code).toBe(0);
  });
});

describe('waiting', () => {
  const promoted = {
    outcome: 'started',
    wanted: { revision: 2, version: 'v2' },
    rollout: null,
    message: 'rolling out v2',
  };

  /** A control plane whose deployment reads as each of these in turn, one per event. */
  const inTurn = (states: readonly unknown[]): Handler => {
    let next = 0;
    return (request, response) => {
      if (request.url?.startsWith('/v1/events')) return void openEvents(response);
      if (request.method === 'POST') return answerJson(response, promoted);
      answerJson(response, states[Math.min(next++, states.length - 1)]);
    };
  };

  test('ends 0 when the rollout is completed, with a line per change', async () => {
    const going = inTurn([answers.deployment, answers.deployment, answers.endedWith('completed', null)]);
    const { code, out, error } = await ends(['promote', 'chat', '--version', 'v2', '--wait'], going);
    expect(code).toBe(0);
    expect(out).toBe('chat: rolling out v2\nchat: v2 (revision 2) serves all traffic\n');
    expect(error).toBe('chat: v2 (revision 2) step 2 of 3, 25 % of traffic: waiting for evidence: 12 of 50 requests\n');
  });

  test('ends 3 when it is rolled back, and says why', async () => {
    const bad = inTurn([answers.deployment, answers.endedWith('rolledBack', 'error rate 8 % against 0 %')]);
    const { code, error } = await ends(['promote', 'chat', '--version', 'v2', '--wait'], bad);
    expect(code).toBe(3);
    expect(error).toContain('error: chat: v2 (revision 2) was rolled back: error rate 8 % against 0 %');
  });

  test('ends 4 when the time is over while it goes on', async () => {
    const args = ['promote', 'chat', '--version', 'v2', '--wait', '--timeout', '300ms'];
    const { code, error } = await ends(args, inTurn([answers.deployment]));
    expect(code).toBe(4);
    expect(error).toContain('it goes on. See: signalbox rollout status chat');
  });

  test('outlives a control plane that is away for a while', async () => {
    let asked = 0;
    const states = inTurn([answers.endedWith('completed', null)]);
    const flaky: Handler = (request, response) => {
      if (request.url?.startsWith('/v1/deployments/chat?') && ++asked <= 4) request.socket.destroy();
      else states(request, response);
    };
    const { code, error } = await ends(['promote', 'chat', '--version', 'v2', '--wait'], flaky);
    expect(code).toBe(0);
    expect(error).toContain('the control plane does not answer; trying again');
  });

  test('stops at Ctrl-C with 130 and says that the rollout goes on', async () => {
    const program = await start(['promote', 'chat', '--version', 'v2', '--wait'], inTurn([answers.deployment]));
    await program.printed('step 2 of 3');
    program.child.kill('SIGINT');
    const { code, error } = await program.ended;
    expect(code).toBe(130);
    expect(error).toContain('stopped waiting; the rollout of chat goes on');
  });
});

describe('watching', () => {
  test('shows rows again as they change, until Ctrl-C', async () => {
    let state: unknown = answers.deployment;
    let change = (): void => {};
    const watched: Handler = (request, response) => {
      if (!request.url?.startsWith('/v1/events')) return answerJson(response, { items: [state], nextCursor: null });
      const stream = openEvents(response);
      const event = {
        seq: 2,
        at: '2026-03-01T12:00:00Z',
        kind: 'Deployment',
        project: 'default',
        id: 'i',
        name: 'chat',
        change: 'status',
        message: null,
      };
      change = () => void stream.write(`event: change\nid: 2\ndata: ${JSON.stringify(event)}\n\n`);
    };
    const program = await start(['get', 'deployments', '-w'], watched);
    await program.printed('stepping to v2');
    state = answers.endedWith('completed', null);
    change();
    await program.printed('completed to v2');
    program.child.kill('SIGINT');
    expect((await program.ended).code).toBe(130);
  });
});

describe('chat', () => {
  const frame = (content: string): string => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`;

  test('prints tokens as they come, and with -v who answered', async () => {
    let finish = (): void => {};
    const gateway: Handler = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'x-signalbox-revision': 'chat/2' });
      response.write(frame('Hel'));
      finish = () => void response.end(`${frame('lo')}data: [DONE]\n\n`);
    };
    const program = await start(['chat', 'chat', '-v', 'hi'], gateway);
    await program.printed('Hel');
    finish();
    expect(await program.ended).toEqual({ code: 0, out: 'Hello\n', error: 'x-signalbox-revision: chat/2\n' });
  });

  test('says that an answer broke off', async () => {
    const { code, out, error } = await ends(['chat', 'chat', 'hi'], (request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(frame('Hel'), () => request.socket.destroy());
    });
    expect({ code, out }).toEqual({ code: 1, out: 'Hel' });
    expect(error).toContain('The answer is incomplete.');
  });

  test('tells what the gateway refused', async () => {
    const refuse: Handler = (_, response) =>
      answerJson(response, { error: { message: 'No key was sent', type: 'invalid_request_error' } }, 401);
    const { code, error } = await ends(['chat', 'chat', 'hi'], refuse);
    expect(code).toBe(1);
    expect(error).toBe('error: No key was sent (status 401); give a consumer key with --key or SIGNALBOX_KEY\n');
  });
});

describe('the command line', () => {
  test('--version needs no control plane', async () => {
    expect(await startCli(['--version'], { cwd: folder }).ended).toEqual({
      code: 0,
      out: 'signalbox 0.1.0\n',
      error: '',
    });
  });

  test('a closed pipe is quiet', async () => {
    const many = { items: Array(2_000).fill(answers.deployment), nextCursor: null };
    const program = await start(['get', 'deployments', '-o', 'json'], (_, response) => answerJson(response, many));
    program.child.stdout?.destroy();
    const { code, error } = await program.ended;
    expect({ code, error }).toEqual({ code: 0, error: '' });
  });
});
