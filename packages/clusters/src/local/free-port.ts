import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';

/** A loopback port that the system gives away now and that no replica has on record. */
export async function freePort(taken: ReadonlySet<number>): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = await listenOnce(0);
    if (port !== null && !taken.has(port)) return port;
  }
  throw new Error('no free loopback port was found in 100 tries');
}

export async function isPortFree(port: number): Promise<boolean> {
  return (await listenOnce(port)) !== null;
}

function listenOnce(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
      const given = (server.address() as AddressInfo).port;
      server.close(() => resolve(given));
    });
  });
}
