import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

export interface ApiServer {
  url: string;
  port: number;
  /** Takes no more requests, lets running ones end, cuts what is left after the grace. */
  close(graceMs?: number): Promise<void>;
}

/** Bounds against slow callers and floods of headers. Answers may take as long as they like: streams do. */
const limits = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 60_000,
  keepAliveTimeout: 30_000,
  connectionsCheckingInterval: 2_000,
} as const;
const maxConnections = 4_096;

export interface ListenOptions {
  host: string;
  port: number;
  /** Tests shorten these. */
  headersTimeout?: number;
  requestTimeout?: number;
  connectionsCheckingInterval?: number;
}

export async function listen(app: RequestListener, { host, port, ...changed }: ListenOptions): Promise<ApiServer> {
  const server = createServer({ ...limits, ...changed }, app);
  server.maxConnections = maxConnections;
  server.on('clientError', answerBrokenRequest);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  const shownHost = host.includes(':') ? `[${host}]` : host;
  return { url: `http://${shownHost}:${bound}`, port: bound, close: (graceMs = 5_000) => close(server, graceMs) };
}

function close(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}

/** What node's parser refuses never reaches Express: it is answered here, by hand. */
function answerBrokenRequest(error: Error & { code?: string }, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  const [status, title, detail] = refusal(error.code);
  const body = JSON.stringify({
    type: '/docs/errors#request.malformed',
    title,
    status,
    code: 'request.malformed',
    detail,
    requestId: '',
    problems: [],
  });
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\ncontent-type: application/problem+json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

function refusal(code: string | undefined): [number, string, string] {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return [431, 'Request Header Fields Too Large', `Send at most ${limits.maxHeaderSize} bytes of headers.`];
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return [408, 'Request Timeout', 'Send the whole request without long pauses.'];
    default:
      return [400, 'Bad Request', 'Send a valid HTTP/1.1 request.'];
  }
}
