import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { systemClock } from '@signalbox/runtime';
import { type PostgresServer, startPostgresServer } from '@signalbox/testkit/postgres';
import {
  ask,
  canary,
  chat,
  type Deployed,
  deployed,
  foundation,
  type Installation,
  type Load,
  type Outcome,
  type Part,
  startInstallation,
  startLoad,
  until,
} from '../installation/index.ts';

/** `SIGNALBOX_KILL_ROUNDS=10` runs the whole matrix ten times, each round killing a little later in the phase. */
const rounds = Number(process.env.SIGNALBOX_KILL_ROUNDS ?? '1');
const laterPerRoundMs = 40;
const cellMs = 180_000;
const patient = { withinMs: 90_000 };

type Phase = 'provisioning' | 'stepping' | 'promoting' | 'rollingBack';
type Victim = 'control plane' | 'Postgres' | 'gateway' | 'replica';
interface Cell {
  phase: Phase;
  victim: Victim;
  round: number;
}

let postgres: PostgresServer;
let signalbox: Installation;
let key: string;
let story: Deployed;
/** Each cell rolls out a workload that never ran before. */
let generation = 1;

const shape = (generation_: number, steps: string) =>
  chat({
    version: generation_ % 2 === 1 ? 'v1' : 'v2',
    args: `sim-seed: ${generation_}, sim-load-ms: 300`,
    decodeMsPerToken: 5,
    rollout: canary(steps, 'keepWarm: 0s'),
  });

beforeAll(async () => {
  postgres = await startPostgresServer();
  signalbox = await startInstallation({ databaseUrl: postgres.url });
  key = await signalbox.createKey();
  story = deployed(signalbox.client, 'chat');
  await signalbox.apply(foundation, shape(generation, '{ weight: 100 }'));
  await story.untilServing('v1', 2);
}, 120_000);
afterAll(async () => {
  await signalbox?.stop();
  await postgres?.stop();
}, 60_000);

function only(parts: readonly Part[]): Part {
  const [part] = parts;
  if (part === undefined) throw new Error('the installation has no such part');
  return part;
}

/** What dies and how it comes back. A replica comes back by itself: that is the cluster's work. */
const victims: Record<Victim, { kill(cell: Cell): Promise<void>; restore(): Promise<void> }> = {
  'control plane': {
    kill: () => only(signalbox.controlPlanes).kill('SIGKILL'),
    restore: () => revive(only(signalbox.controlPlanes)),
  },
  Postgres: { kill: () => postgres.crash(), restore: () => postgres.start() },
  gateway: {
    kill: () => only(signalbox.gateways).kill('SIGKILL'),
    restore: () => revive(only(signalbox.gateways)),
  },
  replica: {
    kill: async ({ phase }) => {
      // The candidate's where it carries traffic, else the stable revision's.
      const { split } = await story.status();
      const carrier = phase === 'stepping' || phase === 'promoting' ? split.at(-1) : split[0];
      const [replica] = await story.serving(carrier?.version ?? '');
      const pid = replica === undefined ? undefined : signalbox.replicaPid(replica.id);
      if (pid === undefined) throw new Error('no replica serves that could be killed');
      process.kill(pid, 'SIGKILL');
    },
    restore: async () => undefined,
  },
};

async function revive(part: Part): Promise<void> {
  part.start();
  await signalbox.untilReady(part);
}

const half = '{ weight: 50, for: 1s }, { weight: 100 }';
const halfForLong = '{ weight: 50, for: 10m }, { weight: 100 }';

/** How each phase is brought about, and which revision may win after it. */
const phases: Record<Phase, { steps: string; reach(): Promise<unknown>; winners: readonly ('old' | 'new')[] }> = {
  provisioning: {
    steps: half,
    reach: () => story.untilRollout('replicas come up', ({ phase }) => phase === 'provisioning'),
    winners: ['old', 'new'],
  },
  stepping: {
    steps: half,
    reach: () => story.untilRollout('half of the traffic moved', ({ percent }) => percent === 50),
    winners: ['old', 'new'],
  },
  promoting: {
    steps: half,
    reach: () => story.untilRollout('all of the traffic moved', ({ percent }) => percent === 100),
    winners: ['old', 'new'],
  },
  rollingBack: {
    steps: halfForLong,
    reach: async () => {
      await story.untilRollout('half of the traffic moved', ({ percent }) => percent === 50);
      // The transaction has committed when the answer is there; gateways and controllers still have to follow.
      await signalbox.client.rollback({ params: { name: 'chat' }, body: { waitMs: 0 } });
    },
    winners: ['old'],
  },
};

/** Failures that the death of this victim may cause: what it was carrying, and nothing else. */
function isExcused(victim: Victim, died: { at: number; backAt: number }, outcome: Outcome): boolean {
  if (victim === 'gateway') return outcome.sentAt <= died.backAt && outcome.endedAt >= died.at;
  // Its answers that had begun break; all others are sent again to the next replica.
  if (victim === 'replica') return outcome.begun;
  return false;
}

async function liveThrough(cell: Cell): Promise<void> {
  const { phase, victim, round } = cell;
  const old = (await story.status()).stable;
  generation += 1;
  const load = startLoad({ gatewayUrl: signalbox.gatewayUrl, key, model: 'chat', perSecond: 30 });
  try {
    await load.untilMore(5);
    await signalbox.apply(shape(generation, phases[phase].steps));
    const wanted = (await story.status()).wanted;
    await phases[phase].reach();
    await systemClock.sleep((round - 1) * laterPerRoundMs);

    const at = systemClock.now();
    await victims[victim].kill(cell);
    await load.untilMore(20);
    await victims[victim].restore();
    const died = { at, backAt: systemClock.now() };

    const winner = await convergedOn(load);
    expect([old?.revision, wanted?.revision]).toContain(winner);
    expect(phases[phase].winners).toContain(winner === wanted?.revision ? 'new' : 'old');
    const outcomes = await load.stop();
    expect(outcomes.filter((it) => it.failure !== null && !isExcused(victim, died, it))).toEqual([]);
    const answeredBy = new Set(outcomes.filter(({ failure }) => failure === null).map(({ revision }) => revision));
    expect([`chat/${old?.revision}`, `chat/${wanted?.revision}`]).toEqual(expect.arrayContaining([...answeredBy]));
  } finally {
    await load.stop();
  }
}

/** One revision has all of the traffic and all of its replicas, nothing is under way, and callers are answered by it. */
async function convergedOn(load: Load): Promise<number> {
  const revision = await until(
    'it is old or new again, never neither',
    async () => {
      const { split, rollout, phase, stable } = await story.status();
      const [part] = split;
      const seen = `${phase}, ${JSON.stringify(split)}, ${rollout?.phase}: ${rollout?.message}`;
      if (split.length !== 1 || part === undefined || rollout?.active !== false) throw new Error(seen);
      const replicas = await story.replicas();
      const serving = replicas.filter((it) => it.revision === part.revision && it.traffic === 'serving');
      if (serving.length !== 2 || replicas.length !== 2) {
        throw new Error(`${seen}; ${replicas.map((it) => `${it.revision} ${it.phase} ${it.traffic}`).join(', ')}`);
      }
      return stable?.revision === part.revision && part.revision;
    },
    patient,
  );
  const since = systemClock.now();
  await load.untilMore(10);
  const after = load.outcomes.filter(({ sentAt }) => sentAt >= since);
  expect(new Set(after.map((outcome) => outcome.revision))).toEqual(new Set([`chat/${revision}`]));
  return revision;
}

const cells: readonly Omit<Cell, 'round'>[] = [
  { victim: 'control plane', phase: 'provisioning' },
  { victim: 'control plane', phase: 'stepping' },
  { victim: 'control plane', phase: 'promoting' },
  { victim: 'control plane', phase: 'rollingBack' },
  { victim: 'Postgres', phase: 'provisioning' },
  { victim: 'Postgres', phase: 'stepping' },
  { victim: 'Postgres', phase: 'promoting' },
  { victim: 'Postgres', phase: 'rollingBack' },
  { victim: 'gateway', phase: 'provisioning' },
  { victim: 'gateway', phase: 'stepping' },
  { victim: 'gateway', phase: 'promoting' },
  { victim: 'gateway', phase: 'rollingBack' },
  { victim: 'replica', phase: 'provisioning' },
  { victim: 'replica', phase: 'stepping' },
  { victim: 'replica', phase: 'promoting' },
  { victim: 'replica', phase: 'rollingBack' },
];

describe.each(Array.from({ length: rounds }, (_, index) => ({ round: index + 1 })))('round $round', ({ round }) => {
  test.each(cells)(
    'kill -9 of the $victim while a rollout is $phase: callers are served, and old or new wins',
    (cell) => liveThrough({ ...cell, round }),
    cellMs,
  );
});

test(
  'a gateway that is killed while the control plane is away serves from its disk at once',
  async () => {
    const gateway = only(signalbox.gateways);
    await only(signalbox.controlPlanes).kill('SIGKILL');
    await gateway.kill('SIGKILL');
    await revive(gateway);
    for (const streamed of [true, false]) {
      const outcome = await ask({ gatewayUrl: signalbox.gatewayUrl, key, model: 'chat', streamed });
      expect(outcome.failure).toBeNull();
    }
    await revive(only(signalbox.controlPlanes));
    await until('the gateway is known again', async () =>
      (await signalbox.client.listGateways()).items.every(({ live, upToDate }) => live && upToDate),
    );
  },
  cellMs,
);
