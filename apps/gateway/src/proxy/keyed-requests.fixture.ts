import { createHash } from 'node:crypto';
import { type Agent, type ClientRequest, request } from 'node:http';
import type { SnapshotKey } from '@signalbox/domain';
import { serve, type TestServer } from '../gateway.fixture.ts';

export const consumer: SnapshotKey = {
  id: 'consumer',
  project: 'default',
  hash: createHash('sha256').update('secret').digest('hex'),
  routes: ['*'],
  expiresAt: null,
};

/** An engine of which every answer differs, and that gives none while it is held. */
export interface HeldEngine extends TestServer {
  /** How many requests have come. */
  readonly asked: number;
  hold(): void;
  /** Answers all that wait, and from now on at once. */
  release(): void;
}

export async function startHeldEngine(): Promise<HeldEngine> {
  let asked = 0;
  let waiting: (() => void)[] | undefined;
  const server = await serve((incoming, response) => {
    if (incoming.method === 'GET') return void response.end();
    const id = `chatcmpl-${++asked}`;
    const answer = (): void => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ id, object: 'chat.completion', choices: [], note: 'ü' }));
    };
    incoming.resume().on('end', () => (waiting === undefined ? answer() : waiting.push(answer)));
  });
  return {
    ...server,
    get asked() {
      return asked;
    },
    hold: () => {
      waiting ??= [];
    },
    release: () => {
      const held = waiting ?? [];
      waiting = undefined;
      for (const answer of held) answer();
    },
  };
}

export interface Answered {
  /** 0: the connection broke. */
  status: number;
  text: string;
  isReplay: boolean;
}

export interface KeyedRequest {
  sent: ClientRequest;
  answer: Promise<Answered>;
}

/** Without an agent each has a connection of its own. */
export function send(
  url: string,
  idempotencyKey: string,
  { agent, content = 'hello' }: { agent?: Agent; content?: string } = {},
): KeyedRequest {
  const headers = {
    authorization: 'Bearer secret',
    'content-type': 'application/json',
    'idempotency-key': idempotencyKey,
  };
  const sent = request(`${url}/v1/chat/completions`, { method: 'POST', agent: agent ?? false, headers });
  const answer = new Promise<Answered>((resolve) => {
    const broken = (): void => resolve({ status: 0, text: '', isReplay: false });
    sent.on('error', broken).on('response', (came) => {
      let text = '';
      came.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      came
        .on('error', broken)
        .on('end', () =>
          resolve({ status: came.statusCode ?? 0, text, isReplay: came.headers['idempotent-replayed'] === 'true' }),
        );
    });
  });
  sent.end(JSON.stringify({ model: 'chat', messages: [{ role: 'user', content }] }));
  return { sent, answer };
}

export function ask(...request: Parameters<typeof send>): Promise<Answered> {
  return send(...request).answer;
}
