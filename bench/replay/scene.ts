import { createClient } from '@signalbox/client';
import { newRequestId, Secret } from '@signalbox/runtime';
import { chat, foundation, startInstallation, until } from '../../e2e/installation/index.ts';
import { stopOnSignals } from '../stop-on-signals.ts';
import type { ReplayOptions } from './options.ts';
import type { Target } from './send.ts';
import type { Chaos, Stage } from './story.ts';

/** Where requests go, and what can be done to it meanwhile. */
export interface Scene {
  words: string;
  target: Target;
  /** Of `/metrics` of every gateway; empty where nobody told. */
  adminUrls: readonly string[];
  stage: Omit<Stage, 'timeline'> | undefined;
  close(): Promise<void>;
}

const replicas = 2;
const decodeMsPerToken = 10;
// The gate judges errors only: on a busy machine two equal engines differ in their times to first token.
const rollout = `{ strategy: canary, steps: [{ weight: 10, for: 3s }, { weight: 50, for: 3s }, { weight: 100 }],
    gate: { minRequests: 20, maxTtftIncrease: null } }`;

/** `onKill` hears the replica's id at the moment of its death. */
export function openScene(options: ReplayOptions, onKill: (replica: string) => void): Promise<Scene> | Scene {
  return options.gateway === undefined ? ownScene(onKill) : givenScene(options, options.gateway);
}

async function ownScene(onKill: (replica: string) => void): Promise<Scene> {
  const signalbox = await startInstallation({ env: { SIGNALBOX_LOG_LEVEL: 'info' } });
  stopOnSignals(() => signalbox.stop());
  try {
    await signalbox.apply(foundation, chat({ replicas, decodeMsPerToken, rollout }));
    await signalbox.untilServing('chat', 'v1', replicas);
    const key = await signalbox.createKey();
    const target = { url: signalbox.gatewayUrl, key, model: 'chat' };
    await until('the gateway knows the key', () => answers(target));
    const [controlPlane] = signalbox.controlPlanes;
    const chaos: Chaos = {
      killReplica: (id) => {
        const pid = signalbox.replicaPid(id);
        if (pid === undefined) return false;
        process.kill(pid, 'SIGKILL');
        onKill(id);
        return true;
      },
      killControlPlane: async () => controlPlane?.kill('SIGKILL'),
      startControlPlane: () => controlPlane?.start(),
    };
    return {
      words: `an installation of its own: control plane, gateway, Postgres, ${replicas} replicas. The engines are SIMULATED (${decodeMsPerToken} ms per token); all else is real`,
      target,
      adminUrls: signalbox.gatewayAdminUrls,
      stage: { client: signalbox.client, deployment: 'chat', stable: 'v1', canary: 'v2', chaos },
      close: () => signalbox.stop(),
    };
  } catch (error) {
    await signalbox.stop();
    throw error;
  }
}

function givenScene(options: ReplayOptions, gateway: NonNullable<ReplayOptions['gateway']>): Scene {
  const { controlPlane } = options;
  const { adminUrl, ...target } = gateway;
  return {
    words: `the gateway at ${gateway.url}`,
    target,
    adminUrls: adminUrl === undefined ? [] : [adminUrl],
    stage:
      controlPlane === undefined
        ? undefined
        : {
            client: createClient({
              url: controlPlane.url,
              token: new Secret(controlPlane.token),
              userAgent: 'signalbox-replay',
              newIdempotencyKey: newRequestId,
            }),
            deployment: controlPlane.deployment,
            stable: controlPlane.from,
            canary: controlPlane.to,
            chaos: undefined,
          },
    close: async () => undefined,
  };
}

/** Lists models, which asks for the key and counts as no request of the route. */
async function answers({ url, key }: Target): Promise<boolean> {
  const response = await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${key ?? ''}` } });
  const { data } = (await response.json()) as { data?: unknown[] };
  return response.ok && data !== undefined && data.length > 0;
}
