import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { UsageRecord } from '@signalbox/domain';
import { newToken } from '@signalbox/runtime';
import { backendOf, routeOf, snapshotOf, TestControlPlane, until } from '../../gateway.fixture.ts';
import { type CallerView, MeteredCaller } from './metered-caller.fixture.ts';
import { MeteredEngine } from './metered-engine.fixture.ts';
import { type PlannedCall, plannedCall, requestIdOf, routeNames } from './planned-call.fixture.ts';
import { type Reconciliation, reconcile, type Witnessed } from './reconcile.fixture.ts';

/** A gateway that runs in a process of its own. */
export interface GatewayProcess {
  url: string;
  /** With -9, all of it or a part; resolves when that is gone. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export interface MeteringOptions {
  calls: number;
  seed: number;
  concurrency: number;
  /** Kills of the gateway, evenly spread over the calls. */
  kills: number;
  /** At first and after each kill, always with the same data directory. */
  startGateway(controlPlaneUrl: string): Promise<GatewayProcess>;
  progress?: (line: string) => void;
}

export interface MeteringRun extends Reconciliation {
  /** In flight at a kill, or over just before. */
  atKills: number;
  /** Batches of which the control plane stored the records and lost the answer, or that it did not take. */
  answersLost: number;
  batchesRefused: number;
  seconds: number;
}

/** What ended so shortly before a kill may still be in the write that the kill prevented. */
const justEndedMs = 50;
/** And who left is heard of when the gateway gets to it, which takes a while where several share a core. */
const justLeftMs = 1_000;
const deliveredWithinMs = 30_000;

/** Sends mixed calls through a gateway that is killed meanwhile, and holds against each other what all sides counted. */
export async function runMetering(options: MeteringOptions): Promise<MeteringRun> {
  const { calls: count, seed } = options;
  const plans = Array.from({ length: count }, (_, number) => plannedCall(number, seed));
  const engine = new MeteredEngine((number) => plans[number] as PlannedCall);
  await engine.start(4);
  const controlPlane = await new TestControlPlane().start();
  const faults = faultyStore(controlPlane);
  const key = newToken('sbx');
  publish(controlPlane, key, engine.urls);
  const traffic = new Traffic(options, plans, controlPlane, key);
  try {
    const startedAt = performance.now();
    await traffic.run();
    const seconds = (performance.now() - startedAt) / 1_000;
    const witnessed = await traffic.settled(engine);
    const atKills = witnessed.filter(({ atKill }) => atKill).length;
    return { ...reconcile(witnessed), ...faults, atKills, seconds };
  } finally {
    await traffic.stop();
    await engine.stop();
    await controlPlane.close();
  }
}

class Traffic {
  readonly #options: MeteringOptions;
  readonly #plans: readonly PlannedCall[];
  readonly #controlPlane: TestControlPlane;
  readonly #caller: MeteredCaller;
  readonly #views = new Map<number, CallerView>();
  readonly #again = new Map<number, CallerView>();
  readonly #atKill = new Set<number>();
  readonly #underWay = new Set<number>();
  /** In the order in which they ended. */
  #ended: { number: number; at: number }[] = [];
  #gateway: GatewayProcess | undefined;
  /** How often one was started. */
  #starts = 0;
  #next = 0;
  #restarting: Promise<void> | undefined;

  constructor(options: MeteringOptions, plans: readonly PlannedCall[], controlPlane: TestControlPlane, key: string) {
    this.#options = options;
    this.#plans = plans;
    this.#controlPlane = controlPlane;
    this.#caller = new MeteredCaller({ url: () => this.#gateway?.url ?? '', key });
  }

  async run(): Promise<void> {
    await this.#start();
    await Promise.all(Array.from({ length: this.#options.concurrency }, () => this.#work()));
  }

  /** All calls with their records, once those have come. */
  async settled(engine: MeteredEngine): Promise<readonly Witnessed[]> {
    const { usage } = this.#controlPlane;
    // What was read by no engine may have no record: the rest must come.
    const missing = new Set([...engine.attempts.keys()].map((number) => requestIdOf({ number })));
    const haveCome = (): boolean => {
      for (const { requestId } of usage.values()) missing.delete(requestId);
      return missing.size === 0;
    };
    await until('every record has come', async () => haveCome() || pause(200, false), deliveredWithinMs).catch(
      () => undefined,
    );
    await this.stop();
    const records = Map.groupBy(usage.values(), ({ requestId }: UsageRecord) => requestId);
    return this.#plans.map((call): Witnessed => {
      const id = requestIdOf(call);
      const again = this.#again.get(call.number);
      return {
        caller: this.#views.get(call.number) as CallerView,
        attempts: engine.attempts.get(call.number) ?? [],
        records: records.get(id) ?? [],
        again: again === undefined ? undefined : { caller: again, records: records.get(`${id}-again`) ?? [] },
        atKill: this.#atKill.has(call.number),
        isServed: call.failure !== 'midAnswer',
      };
    });
  }

  async stop(): Promise<void> {
    this.#caller.close();
    await this.#gateway?.stop();
    this.#gateway = undefined;
  }

  async #work(): Promise<void> {
    for (;;) {
      await this.#restarting;
      const call = this.#plans[this.#next];
      if (call === undefined) return;
      this.#next += 1;
      if (this.#isKillDue()) this.#restarting = this.#killAndStart();
      await this.#restarting;
      await this.#send(call);
    }
  }

  async #send(call: PlannedCall): Promise<void> {
    const { number } = call;
    const starts = this.#starts;
    this.#underWay.add(number);
    const view = await this.#caller.send(call);
    this.#underWay.delete(number);
    this.#ended.push({ number, at: performance.now() });
    this.#views.set(number, view);
    if (!call.isRepeated || view.ended !== 'whole' || view.status !== 200) return;
    if (this.#restarting !== undefined || this.#starts !== starts) return;
    const again = await this.#caller.send(call, true);
    // A gateway that was killed meanwhile has forgotten its answers.
    if (this.#starts === starts && this.#restarting === undefined) this.#again.set(number, again);
  }

  #isKillDue(): boolean {
    const { calls, kills } = this.#options;
    return this.#starts <= kills && this.#next >= (this.#starts * calls) / (kills + 1);
  }

  async #killAndStart(): Promise<void> {
    // In the middle of things, which is where the others are a moment from now.
    await pause(3);
    const now = performance.now();
    for (const { number, at } of this.#ended) {
      const hasLeft = this.#views.get(number)?.ended === 'left';
      if (now - at <= (hasLeft ? justLeftMs : justEndedMs)) this.#atKill.add(number);
    }
    for (const number of this.#underWay) this.#atKill.add(number);
    this.#options.progress?.(`kill -9 with ${this.#underWay.size} in flight, after ${this.#next} calls`);
    await this.#gateway?.kill();
    await this.#start();
    this.#restarting = undefined;
  }

  async #start(): Promise<void> {
    const reports = this.#controlPlane.reports.length;
    this.#gateway = await this.#options.startGateway(this.#controlPlane.url);
    await until('every replica is admitted', () => {
      const fresh = this.#controlPlane.reports.slice(reports).at(-1);
      return fresh !== undefined && fresh.replicas.length > 0 && fresh.replicas.every(({ admitted }) => admitted);
    });
    this.#starts += 1;
    this.#ended = [];
  }
}

/** Stores like the control plane, each id once and the first of it; every few batches something goes wrong. */
function faultyStore(controlPlane: TestControlPlane): { answersLost: number; batchesRefused: number } {
  const counts = { answersLost: 0, batchesRefused: 0 };
  let batches = 0;
  controlPlane.takeUsage = (records) => {
    batches += 1;
    if (batches % 11 === 3) {
      counts.batchesRefused += 1;
      return 'refused';
    }
    for (const record of records) {
      if (!controlPlane.usage.has(record.id)) controlPlane.usage.set(record.id, record);
    }
    if (batches % 7 !== 2) return 'stored';
    counts.answersLost += 1;
    return 'lost';
  };
  return counts;
}

function publish(controlPlane: TestControlPlane, key: string, at: readonly string[]): void {
  const native = routeOf([backendOf({ revisionId: 'r-native', at })], { name: routeNames.native, access: 'keys' });
  const backend = backendOf({ revisionId: 'r-translated', at, engine: 'other' });
  const translated = routeOf([backend], { id: 'route-translated', name: routeNames.translated, access: 'keys' });
  const { project } = native;
  const hash = createHash('sha256').update(key).digest('hex');
  const limits = [{ id: 'l-tokens', of: 'tokens', per: 'minute', amount: 1e12 }] as const;
  controlPlane.publish(
    snapshotOf([native, translated], {
      keys: [{ id: 'k-1', project, hash, routes: ['*'], expiresAt: null, limits, priority: 'standard' }],
    }),
  );
}
