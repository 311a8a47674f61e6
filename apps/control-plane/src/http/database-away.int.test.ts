import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTestApi, type TestApi } from '../testing/index.ts';

let api: TestApi;
let server: Server;
let away = false;
const sockets = new Set<Socket>();

/** A line to Postgres that can be cut. */
async function line(databaseUrl: string): Promise<string> {
  const { port, hostname } = new URL(databaseUrl);
  server = createServer((socket) => {
    if (away) return void socket.destroy();
    const postgres = connect(Number(port), hostname);
    for (const end of [socket, postgres]) {
      sockets.add(end);
      end.on('error', () => undefined).on('close', () => sockets.delete(end));
    }
    socket.pipe(postgres).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const through = new URL(databaseUrl);
  through.port = String(typeof address === 'object' ? address?.port : '');
  return through.href;
}

beforeAll(async () => {
  api = await startTestApi({ through: line });
});
afterAll(async () => {
  away = false;
  await api.stop();
  server.close();
  for (const socket of sockets) socket.destroy();
});

test('while the database is away callers are told to come again, and when it is back they are served', async () => {
  expect((await api.get('/v1/projects')).status).toBe(200);
  away = true;
  for (const socket of sockets) socket.destroy();
  const { status, headers, body } = await api.get('/v1/projects');
  expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'service.unavailable', '2']);
  expect(JSON.stringify(body)).not.toMatch(/select|ECONN|127\.0\.0\.1/);
  expect((await api.get('/docs')).status).toBe(200);
  away = false;
  expect((await api.get('/v1/projects')).status).toBe(200);
});
