import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { routesFor } from './api/routes.ts';
import type { EngineStats } from './api/simulated.ts';
import { statsOf } from './api/simulated.ts';
import type { EngineClock } from './clock.ts';
import { systemClock } from './clock.ts';
import type { Faults } from './faults.ts';
import { changeFaults } from './faults.ts';
import { createEngineServer } from './http/server.ts';
import { readSettings } from './settings/read-settings.ts';
import type { EngineSettings, SimulationSettings } from './settings/settings.ts';
import { Simulation } from './simulation.ts';

export type SimulatedEngineOptions = {
  /** A `vllm serve` command line. Host and port default to 127.0.0.1 and, in a test, to any free port. */
  readonly args?: readonly string[];
  /** vLLM's variables, e.g. VLLM_SERVER_DEV_MODE; the process's own are not read. */
  readonly env?: Readonly<Record<string, string>>;
  readonly simulation?: Partial<SimulationSettings>;
  readonly faults?: Partial<Faults>;
  readonly clock?: EngineClock;
};

export type SimulatedEngine = {
  readonly url: string;
  readonly port: number;
  setFaults(change: Partial<Faults>): void;
  stats(): EngineStats;
  /** As SIGTERM does it: what runs may finish within the time, then nothing listens any more. */
  drain(timeoutMs: number): Promise<void>;
  /** At once. */
  close(): Promise<void>;
};

export class LoadError extends Error {}

/** What vLLM refuses while it starts; the answer is the text of its log. */
function loadProblem({ settings, faults }: Simulation): string | undefined {
  if (faults.crashAtLoad) {
    return (
      'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.50 GiB. GPU 0 has a total capacity of ' +
      '79.25 GiB of which 1.94 GiB is free. Including non-PyTorch memory, this process has 77.30 GiB memory in use.'
    );
  }
  const { kvCapacityTokens } = settings.simulation;
  if (kvCapacityTokens >= settings.maxModelLen) return undefined;
  return (
    `ValueError: To serve at least one request with the model's max seq len (${settings.maxModelLen}), more KV cache ` +
    `memory is needed than is available (room for ${kvCapacityTokens} tokens). Try increasing ` +
    '`gpu_memory_utilization` or decreasing `max_model_len` when initializing the engine.'
  );
}

/** Resolves when the model is "loaded": until then the port is closed, as vLLM's is. */
export async function serveSimulatedEngine(settings: EngineSettings, clock: EngineClock): Promise<SimulatedEngine> {
  const simulation = new Simulation(settings, clock);
  const { loadMs } = settings.simulation;
  // Not to load is not to wait: a clock that stands still would never start.
  if (loadMs > 0) await new Promise<void>((resolve) => clock.after(loadMs, resolve));
  const problem = loadProblem(simulation);
  if (problem !== undefined) throw new LoadError(problem);
  const server = createEngineServer(simulation, routesFor(settings));
  server.listen(settings.port, settings.host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const host = settings.host.includes(':') ? `[${settings.host}]` : settings.host;
  const close = async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    simulation.engine.abortAll();
    await closed;
  };
  return {
    url: `http://${host}:${port}`,
    port,
    setFaults(change) {
      const result = changeFaults(simulation.faults, change);
      if (result.kind === 'refused') throw new Error(result.because);
      simulation.faults = result.faults;
    },
    stats: () => statsOf(simulation),
    async drain(timeoutMs) {
      await simulation.engine.drain(timeoutMs);
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      // The last bytes may still be in the sockets; a client that does not read must not keep the process.
      const giveUp = clock.after(1000, () => server.closeAllConnections());
      await closed;
      giveUp();
    },
    close,
  };
}

export async function startSimulatedEngine(options: SimulatedEngineOptions = {}): Promise<SimulatedEngine> {
  const { args = [], env = {}, simulation = {}, faults = {}, clock = systemClock } = options;
  const settings = readSettings(['--port', '0', ...args], env);
  return serveSimulatedEngine(
    { ...settings, simulation: { ...settings.simulation, ...simulation }, faults: { ...settings.faults, ...faults } },
    clock,
  );
}
