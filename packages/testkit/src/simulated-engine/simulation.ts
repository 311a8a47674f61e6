import type { EngineClock } from './clock.ts';
import { Engine } from './engine/engine.ts';
import type { Random } from './engine/random.ts';
import { hash32, seededRandom } from './engine/random.ts';
import type { Limits } from './engine/scheduler.ts';
import type { Faults } from './faults.ts';
import { EngineMetrics } from './metrics/engine-metrics.ts';
import { HttpMetrics } from './metrics/http-metrics.ts';
import type { EngineSettings } from './settings/settings.ts';

export const version = '0.32.0+simulated';

/** Of the Responses API, with the turns that led to it. */
interface StoredResponse {
  readonly response: Readonly<Record<string, unknown>>;
  readonly turns: readonly Readonly<Record<string, unknown>>[];
}

/** Everything one running engine consists of, sockets apart. */
export class Simulation {
  readonly settings: EngineSettings;
  readonly clock: EngineClock;
  readonly metrics: EngineMetrics;
  readonly httpMetrics: HttpMetrics;
  readonly engine: Engine;
  /** Adapter name → path. */
  readonly adapters: Map<string, string>;
  /** By id. As in vLLM they stay until the process ends, and no other process knows them. */
  readonly storedResponses = new Map<string, StoredResponse>();
  readonly createdSeconds: number;
  readonly systemFingerprint: string;
  readonly random: Random;
  faults: Faults;
  /** Generation requests being answered: /load. */
  serverLoad = 0;
  /** After a level 2 sleep the weights are gone until someone reloads them: answers are no language. */
  hasLostWeights = false;

  constructor(settings: EngineSettings, clock: EngineClock) {
    this.settings = settings;
    this.clock = clock;
    this.faults = settings.faults;
    this.createdSeconds = clock.nowMs() / 1000;
    this.metrics = new EngineMetrics(settings.servedModelNames[0], this.createdSeconds);
    this.httpMetrics = new HttpMetrics(this.createdSeconds);
    this.adapters = new Map(settings.loraModules.map(({ name, path }) => [name, path]));
    this.random = seededRandom(settings.simulation.seed);
    const configuration = hash32(JSON.stringify([settings.model, settings.arguments]));
    this.systemFingerprint = `vllm-${version}-${configuration.toString(16).padStart(8, '0')}`;
    this.engine = new Engine({
      clock,
      metrics: this.metrics,
      limits: () => this.#limits(),
      hasPrefixCache: settings.enablePrefixCaching,
    });
  }

  get createdUnix(): number {
    return Math.floor(this.clock.nowMs() / 1000);
  }

  #limits(): Limits {
    const { maxNumSeqs, maxNumBatchedTokens, blockSize, simulation } = this.settings;
    return {
      maxNumSeqs,
      maxNumBatchedTokens,
      blockSize,
      kvCapacityTokens: simulation.kvCapacityTokens,
      prefillMsPerToken: simulation.prefillMsPerToken,
      decodeMsPerToken: simulation.decodeMsPerToken * this.faults.decodeFactor,
      batchSlowdown: simulation.batchSlowdown,
    };
  }
}
