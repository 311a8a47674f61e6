import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { isPoll } from '../gateway.fixture.ts';

/** A connection to the gateway whose bytes are the test's own. */
export function open(url: string): Socket {
  const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', noDelay: true });
  socket.on('error', () => undefined);
  return socket;
}

/** Sends bytes and reads until the gateway closes. */
export async function exchange(url: string, ...pieces: readonly (string | Buffer)[]): Promise<string> {
  const socket = open(url);
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk;
  });
  const closed = once(socket, 'close');
  for (const piece of pieces)
    await new Promise<void>((resolve) =>
      socket.write(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece, () => setImmediate(resolve)),
    );
  await closed;
  return text;
}

/** The statuses of all answers in what `exchange` gave, without interim ones. */
export function statusesIn(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1])).filter((status) => status >= 200);
}

export interface SeenByEngine {
  /** The `x-request-id` of each request, in order. */
  ids: string[];
  bodies: string[];
  /** What was no request at all. */
  errors: string[];
}

/** An engine behind Node's strict parser that tells which requests it saw. */
export async function startCountingEngine(): Promise<{
  url: string;
  seen: SeenByEngine;
  /** The next requests are never answered; resolves when they have come. */
  hold(requests: number): Promise<void>;
  close(): Promise<void>;
}> {
  let toHold = 0;
  let held: () => void = () => undefined;
  const seen: SeenByEngine = { ids: [], bodies: [], errors: [] };
  const server = createHttpServer((request, response) => {
    if (isPoll(request.url)) return void response.end();
    let body = '';
    request.setEncoding('latin1').on('data', (chunk: string) => {
      body += chunk;
    });
    // That a connection breaks is no fault of what came over it.
    request.on('error', () => undefined);
    request.on('end', () => {
      seen.ids.push(String(request.headers['x-request-id']));
      seen.bodies.push(body);
      if (toHold > 0) {
        if (--toHold === 0) held();
        return;
      }
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"choices":[]}');
    });
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code !== 'ECONNRESET') seen.errors.push(error.message);
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    hold: (requests) =>
      new Promise((resolve) => {
        toHold = requests;
        held = resolve;
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export interface RawEngine {
  url: string;
  /** Connections that are open now. */
  connections: ReadonlySet<Socket>;
  close(): Promise<void>;
}

/** An engine that answers checks and readings and, byte by byte as the test says, everything else. */
export async function startRawEngine(
  answer: (socket: Socket, request: string) => void,
  { waitsForBody = true }: { waitsForBody?: boolean } = {},
): Promise<RawEngine> {
  const connections = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    connections.add(socket);
    let text = '';
    socket.on('error', () => undefined);
    socket.on('close', () => connections.delete(socket));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const head = text.indexOf('\r\n\r\n');
      if (head < 0) return;
      const length = Number(/content-length: (\d+)/i.exec(text.slice(0, head))?.[1] ?? 0);
      if (waitsForBody && text.length < head + 4 + length) return;
      const request = text;
      text = '';
      if (isPoll(/^GET (\S+) /.exec(request)?.[1])) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
      else answer(socket, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of connections) socket.destroy();
      }),
  };
}
