import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { newToken } from '@signalbox/runtime';
import { backendOf, routeOf, snapshotOf, TestControlPlane, token } from '../../../apps/gateway/src/gateway.fixture.ts';
import { Part } from '../../../e2e/installation/process.ts';
import { until } from '../../../e2e/installation/until.ts';
import { chatBody, headersFor, modelName } from './request.ts';
import { freePort, type Started } from './started.ts';

const root = join(import.meta.dirname, '..', '..', '..');

/** The real gateway as its users start it, behind a control plane that has one route, one key and two replicas. */
export async function startGateway(dir: string, upstreamPort: number): Promise<Started & { key: string }> {
  const key = newToken('sbx');
  const controlPlane = await new TestControlPlane().start();
  const at = [`http://127.0.0.1:${upstreamPort}`];
  const route = routeOf([backendOf({ revisionId: 'r-1', at })], { name: modelName, access: 'keys' });
  const hash = createHash('sha256').update(key).digest('hex');
  controlPlane.publish(
    snapshotOf([route], { keys: [{ id: 'k-1', project: route.project, hash, routes: ['*'], expiresAt: null }] }),
  );
  const [port, adminPort] = [await freePort(), await freePort()];
  const part = new Part({
    name: 'gateway',
    program: join(root, 'apps/gateway/src/main.ts'),
    logFile: '/dev/null',
    env: {
      SIGNALBOX_CONTROL_PLANE_URL: controlPlane.url,
      SIGNALBOX_GATEWAY_TOKEN: token,
      SIGNALBOX_GATEWAY_DATA_DIR: join(dir, 'gateway'),
      SIGNALBOX_GATEWAY_PORT: String(port),
      SIGNALBOX_GATEWAY_ADMIN_PORT: String(adminPort),
    },
  });
  part.start();
  const stop = async (): Promise<void> => {
    await part.kill('SIGKILL');
    await controlPlane.close();
  };
  try {
    await until('the gateway answers', () => answers(port, key));
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, pid: part.pid, key, stop };
}

async function answers(port: number, key: string): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
    method: 'POST',
    headers: headersFor(key),
    body: chatBody(),
  });
  await response.body?.cancel();
  return response.ok;
}
