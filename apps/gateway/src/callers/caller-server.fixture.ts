import { connect, type Socket } from 'node:net';
import type { Fields, Logger } from '@signalbox/runtime';
import { Deadlines } from '../deadlines.ts';
import { plainEdges } from '../gateway.fixture.ts';
import type { RequestHead } from '../http1/request-head.ts';
import { Outbox } from '../outbox.ts';
import type { CallHandler, Peer, PendingCall } from './call-handler.ts';
import type { CallerEdges } from './caller-edges.ts';
import { CallerServer, type CallerServerOptions } from './caller-server.ts';
import type { Reply, ReplyOwner } from './reply.ts';

/** One call as the policy met it. */
export class MetCall implements ReplyOwner {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly lines: string;
  readonly cookie: string | undefined;
  readonly peer: Peer;
  readonly reply: Reply;
  body: Buffer | undefined;
  problem: 'tooLarge' | 'tooSlow' | undefined;
  left = false;
  reads = 0;
  /** What is done when the caller reads again. */
  more: (() => void) | undefined;

  constructor(head: RequestHead, reply: Reply, peer: Peer) {
    this.method = head.method;
    this.path = head.path;
    this.query = head.query;
    this.lines = head.lines;
    this.cookie = head.cookie;
    this.peer = peer;
    this.reply = reply;
  }

  callerLeft(): void {
    this.left = true;
  }

  callerReads(): void {
    this.reads++;
    this.more?.();
  }

  answer(text: string, status = 200, lines = ''): void {
    const body = Buffer.from(text);
    this.reply.start(status, lines, body.length);
    this.reply.end(body);
  }
}

/**
 * A policy that a test can look into: `/now` is answered by its head with its query, `/refuse` with 401, every other
 * path when its body is there, by `whole`.
 */
export class MeetingHandler implements CallHandler {
  readonly calls: MetCall[] = [];
  maxBodyBytes = 10 * 1024 * 1024;
  whole: (call: MetCall) => void = (call) => call.answer(`${call.path} ${call.body?.length ?? 0}`);

  begin(head: RequestHead, reply: Reply, peer: Peer): PendingCall | undefined {
    const call = new MetCall(head, reply, peer);
    this.calls.push(call);
    if (head.path === '/now') return void call.answer(head.query);
    if (head.path === '/refuse') return void call.answer('no', 401);
    reply.owner = call;
    return {
      maxBodyBytes: this.maxBodyBytes,
      proceed: (body) => {
        call.body = body;
        this.whole(call);
      },
      refuse: (problem) => {
        call.problem = problem;
        call.answer(problem, problem === 'tooLarge' ? 413 : 408);
      },
    };
  }

  get last(): MetCall | undefined {
    return this.calls.at(-1);
  }
}

export interface TestCallers {
  handler: MeetingHandler;
  server: CallerServer;
  port: number;
  refused: string[];
  /** Why connections were refused. */
  refusals: string[];
  log: { level: string; message: string; because?: unknown }[];
  /** A raw connection, and everything that came over it so far. */
  connect(): Promise<RawCaller>;
  stop(): Promise<void>;
}

export interface RawCaller {
  socket: Socket;
  text: () => string;
  closed: Promise<unknown>;
}

export async function startCallers(
  change: Partial<Omit<CallerServerOptions, 'edges'>> & { edges?: Partial<CallerEdges> } = {},
): Promise<TestCallers> {
  const handler = new MeetingHandler();
  const now = (): number => performance.now();
  const refused: string[] = [];
  const refusals: string[] = [];
  const log: TestCallers['log'] = [];
  const server = new CallerServer({
    host: '127.0.0.1',
    port: 0,
    headersTimeoutMs: 30_000,
    bodyStallMs: 30_000,
    handler,
    deadlines: new Deadlines({ everyMs: 5, now }),
    now,
    random: Math.random,
    refused: (code) => void refused.push(code),
    accepted: () => undefined,
    connectionRefused: (because) => void refusals.push(because),
    newRequestId: () => 'req-1',
    log: loggerInto(log),
    outbox: new Outbox(),
    fastPath: true,
    ...change,
    edges: { ...plainEdges, ...change.edges },
  });
  const { port } = await server.listen();
  const sockets = new Set<Socket>();
  return {
    handler,
    server,
    port,
    refused,
    refusals,
    log,
    connect: async () => {
      const socket = connect(port, '127.0.0.1');
      sockets.add(socket);
      const caller = reading(socket);
      // A connection that is refused at once may be gone before it was there.
      await Promise.race([new Promise((resolve) => socket.once('connect', resolve)), caller.closed]);
      return caller;
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.beginDraining({ idleMs: 0 });
      await server.drain(0, () => undefined);
    },
  };
}

function loggerInto(lines: TestCallers['log']): Logger {
  const at = (level: string) => (message: string, fields?: Fields) => void lines.push({ level, message, ...fields });
  const log: Logger = { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug'), with: () => log };
  return log;
}

export function reading(socket: Socket): RawCaller {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', () => undefined);
  return {
    socket,
    text: () => Buffer.concat(chunks).toString('latin1'),
    closed: new Promise((resolve) => socket.on('close', resolve)),
  };
}

export const post = (path: string, body: string, lines = ''): string =>
  `POST ${path} HTTP/1.1\r\nhost: x\r\n${lines}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
export const get = (target: string, lines = ''): string => `GET ${target} HTTP/1.1\r\nhost: x\r\n${lines}\r\n`;
