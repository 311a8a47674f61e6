import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type PostgresServer, startPostgresServer } from './server.ts';

/** Where the test files of one run, each in a process of its own, ask for the run's Postgres. */
export const brokerVariable = 'SIGNALBOX_TEST_POSTGRES_BROKER';

export interface SharedServer {
  /** Tells its holder the superuser's URL; the first who asks starts Postgres. */
  brokerUrl: string;
  stop(): Promise<void>;
}

/** Postgres costs a second or two, so that a run whose tests need none does not start one. */
export async function shareServer(): Promise<SharedServer> {
  let starting: Promise<PostgresServer> | undefined;
  const path = `/${randomBytes(16).toString('hex')}`;
  const broker = createServer(async (request, response) => {
    if (request.url !== path) return void response.writeHead(404).end();
    try {
      starting ??= startPostgresServer();
      response.end((await starting).url);
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
  await new Promise<void>((resolve) => broker.listen(0, '127.0.0.1', resolve));
  return {
    brokerUrl: `http://127.0.0.1:${(broker.address() as AddressInfo).port}${path}`,
    async stop() {
      await closed(broker);
      await (await starting?.catch(() => undefined))?.stop();
    },
  };
}

export async function askBroker(brokerUrl: string): Promise<string> {
  const response = await fetch(brokerUrl, { headers: { connection: 'close' } });
  const answer = await response.text();
  if (!response.ok) throw new Error(answer);
  return answer;
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
