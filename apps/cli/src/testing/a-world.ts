import { Readable } from 'node:stream';
import type { World } from '../world.ts';
import { NOW } from './answers.ts';

/** What the API answers at a path (`GET /v1/whoami`): JSON, or a problem with its status. */
export type Answers = Readonly<Record<string, unknown>>;

export interface Recorded {
  world: World;
  out: () => string;
  error: () => string;
  /** Requests that changed something, with what they carried. */
  changes: readonly { path: string; body: unknown }[];
}

/** A world without files, terminal and network: only the API, which answers from a table. */
export function aWorld(answers: Answers, overrides: Partial<World> = {}): Recorded {
  const out: string[] = [];
  const error: string[] = [];
  const changes: { path: string; body: unknown }[] = [];
  const world: World = {
    version: '0.1.0',
    env: { SIGNALBOX_TOKEN: 'sbt_secret', XDG_CONFIG_HOME: '/nonexistent' },
    cwd: '/nonexistent',
    homeFolder: '/nonexistent',
    userId: 1000,
    stdin: Readable.from([]),
    writeOut: (text) => void out.push(text),
    writeError: (text) => void error.push(text),
    terminal: { stdin: false, stdout: false, stderr: false, columns: 100 },
    now: () => NOW,
    sleep: async () => {},
    newIdempotencyKey: () => 'key',
    fetch: async (input, init) => {
      const path = `${init?.method} ${new URL(String(input)).pathname}`;
      if (init?.method !== 'GET') changes.push({ path, body: JSON.parse(String(init?.body ?? 'null')) });
      return respond(path, answers);
    },
    interrupt: new AbortController().signal,
    ...overrides,
  };
  return { world, out: () => out.join(''), error: () => error.join(''), changes };
}

function respond(path: string, answers: Answers): Response {
  const body = answers[path];
  if (body === undefined) return new Response(`no answer for ${path}`, { status: 404 });
  if (body instanceof Response) return body.clone();
  const status = typeof body === 'object' && body !== null && 'code' in body ? Number(Object(body).status) : 200;
  return Response.json(body, { status });
}
