import { type SimulatedEngine, startSimulatedEngine } from '@signalbox/testkit/simulated-engine';
import { backendOf, keyOf, routeOf, snapshotOf, startBoth } from '../gateway.fixture.ts';
import { type BusyEngine, startBusyEngine } from './busy-engine.fixture.ts';

export const secrets = { all: 'sbk_everything', other: 'sbk_other_only', once: 'sbk_one_a_minute' } as const;

const args = ['serve', 'org/tiny', '--served-model-name', 'tiny', '--max-model-len', '4096'];
const tools = ['--enable-auto-tool-choice', '--tool-call-parser', 'hermes'];

export interface ClientsInstallation {
  url: string;
  engine: SimulatedEngine;
  busy: BusyEngine;
  /** What the gateway logged of calls of a route, as far as it has. */
  calls(route: string): readonly Record<string, unknown>[];
  stop(): Promise<void>;
}

/**
 * A gateway as official clients meet it. Its routes: `chat`, whose engine speaks all APIs; `translated`, the same one
 * taken for an engine that only speaks OpenAI's; `failing`, where each request fails; `breaking`, where each answer
 * breaks off at its 40th token, long after the first ones have left; `busy`; `cold`, which nothing serves.
 */
export async function startForClients(): Promise<ClientsInstallation> {
  const start = (faults: Parameters<SimulatedEngine['setFaults']>[0] = {}) =>
    startSimulatedEngine({ args: [...args, ...tools], faults, simulation: { outputTokens: 200 } });
  const engines = await Promise.all([start(), start({ failRate: 1 }), start({ failAfterTokens: 40 })]);
  const [engine, failing, breaking] = engines;
  const busy = await startBusyEngine();
  const routeAt = (name: string, { url }: { url: string }, speaks = 'simulated') =>
    routeOf([backendOf({ revisionId: `rev-${name}`, engine: speaks, at: [url] })], {
      id: `route-${name}`,
      name,
      access: 'keys',
    });
  const routes = [
    routeAt('chat', engine),
    routeAt('translated', engine, 'triton'),
    routeAt('failing', failing),
    routeAt('breaking', breaking),
    routeAt('breaking-translated', breaking, 'triton'),
    routeAt('busy', busy, 'triton'),
    routeOf([], { id: 'route-cold', name: 'cold', access: 'keys', split: [] }),
  ];
  const keys = [
    keyOf('k-1', { secret: secrets.all }),
    keyOf('k-2', { secret: secrets.other, routes: ['other'] }),
    keyOf('k-3', { secret: secrets.once, limits: [{ id: 'l-1', of: 'requests', per: 'minute', amount: 1 }] }),
  ];
  const both = await startBoth(snapshotOf(routes, { keys }));
  return {
    url: both.url,
    engine,
    busy,
    calls: (route) => both.running.lines.filter((line) => line.message === 'request' && line.route === route),
    stop: async () => {
      await both.stop();
      await Promise.all([...engines, busy].map((one) => one.close()));
    },
  };
}
