import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Metrics } from './metrics.ts';

/** Not ready comes with its reason, which `/readyz` shows. */
export type Readiness = { ready: true } | { ready: false; because: string };

export interface AdminServer {
  url: string;
  close(): Promise<void>;
}

/** `/healthz` (the process runs), `/readyz` (it can do its work), `/metrics`; on a port of its own, loopback by default. */
export async function startAdminServer(options: {
  host: string;
  port: number;
  metrics: Pick<Metrics, 'render'>;
  readiness: () => Readiness | Promise<Readiness>;
}): Promise<AdminServer> {
  const server = createServer(async (request, response) => {
    const answer = (status: number, type: string, body: string): void => {
      response.writeHead(status, { 'content-type': type }).end(body);
    };
    try {
      if (request.method !== 'GET' && request.method !== 'HEAD')
        return answer(405, 'text/plain', 'method not allowed\n');
      if (request.url === '/healthz') return answer(200, 'text/plain', 'ok\n');
      if (request.url === '/readyz') {
        const state = await options.readiness();
        return answer(state.ready ? 200 : 503, 'text/plain', state.ready ? 'ready\n' : `not ready: ${state.because}\n`);
      }
      if (request.url === '/metrics') {
        const { contentType, body } = await options.metrics.render();
        return answer(200, contentType, body);
      }
      return answer(404, 'text/plain', 'not found\n');
    } catch {
      return answer(500, 'text/plain', 'failed\n');
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${options.host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
