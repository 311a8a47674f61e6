import { setTimeout as pause } from 'node:timers/promises';
import { chat, foundation, type Installation, startInstallation, until } from '../../e2e/installation/index.ts';
import { type OpenLoop, startOpenLoop } from '../replay/open-loop.ts';
import type { Outcome } from '../replay/send.ts';
import type { PlannedRequest } from '../replay/trace.ts';
import { stopOnSignals } from '../stop-on-signals.ts';
import type { Bench, BenchOptions, BenchResult } from './bench.ts';

const ratePerSecond = 200;
const gateways = 2;
const replicas = 2;
const slowestP99Ms = 1_000;
/** After the last gateway's word, until what is under way has come back. */
const settleMs = 100;
const versions = ['v1', 'v2'] as const;

export const rollback: Bench = {
  name: 'rollback',
  title: `command to the last request sent to the bad version; ${gateways} gateways, ${ratePerSecond} requests/s`,
  run,
};

interface Measured {
  /** Of the last request that its caller sent after the command and that the bad version answered; 0: there was none. */
  lastSentMs: number;
  /** When the first byte of that answer came: no gateway sent anything to the bad version after this. */
  lastAnsweredMs: number;
  acknowledgedMs: number;
  commandMs: number;
}

async function run(options: BenchOptions): Promise<BenchResult> {
  const signalbox = await startInstallation({ gateways, env: { SIGNALBOX_LOG_LEVEL: 'info' } });
  stopOnSignals(() => signalbox.stop());
  try {
    const from = await warmBoth(signalbox);
    const key = await signalbox.createKey();
    await until('the gateways know the key', () => allAnswer(signalbox, key));
    const now = (): number => performance.now();
    const loops = signalbox.gatewayUrls.map((url, i) => startOpenLoop(steadily(i), { url, key, model: 'chat' }, now));
    await pause(1_000);
    const samples = await rollBackOften(signalbox, from, loops, options);
    await Promise.all(loops.map((loop) => loop.stop()));
    return resultOf(
      samples,
      loops.flatMap(({ outcomes }) => outcomes),
    );
  } finally {
    await signalbox.stop();
  }
}

/** Both versions run at full size; the answer is the version that serves. */
async function warmBoth(signalbox: Installation): Promise<number> {
  await signalbox.apply(foundation, chat({ replicas }));
  await signalbox.untilServing('chat', versions[0], replicas);
  await signalbox.client.promote({ params: { name: 'chat' }, body: { version: versions[1] } });
  await signalbox.untilServing('chat', versions[1], replicas);
  await until('the rollout is over', async () => {
    const { rollout } = await signalbox.client.getRollout({ params: { name: 'chat' } });
    return rollout?.phase === 'completed';
  });
  return 1;
}

async function rollBackOften(
  signalbox: Installation,
  serving: number,
  loops: readonly OpenLoop[],
  { quick, progress }: BenchOptions,
): Promise<Measured[]> {
  const count = quick ? 50 : 1_000;
  const samples: Measured[] = [];
  for (let i = 0; i < count; i++) {
    // Each rollback goes to what the one before has left: the bad version takes turns.
    const bad = versions[(serving + i) % 2] ?? '';
    samples.push(await rollBackOnce(signalbox, bad, loops));
    // Not in step with the requests, nor with anything that happens once a second.
    await pause((i * 37) % 97);
    if ((i + 1) % 100 === 0) progress(`${i + 1} of ${count} rollbacks`);
  }
  return samples;
}

async function rollBackOnce(signalbox: Installation, bad: string, loops: readonly OpenLoop[]): Promise<Measured> {
  const seenBefore = loops.map(({ outcomes }) => outcomes.length);
  const commandAt = performance.now();
  const answer = await signalbox.client.rollback({ params: { name: 'chat' } });
  const commandMs = performance.now() - commandAt;
  if (answer.kind !== 'moved' || answer.from?.version !== bad) {
    throw new Error(
      `rollback from ${answer.from?.version ?? 'nothing'} was ${answer.kind}, not from ${bad}: ${answer.message}`,
    );
  }
  await pause(settleMs);
  const late = loops
    .flatMap(({ outcomes }, i) => outcomes.slice(seenBefore[i]))
    .filter(({ version, sentAt }) => version === bad && sentAt >= commandAt);
  return {
    lastSentMs: Math.max(0, ...late.map(({ sentAt }) => sentAt - commandAt)),
    lastAnsweredMs: Math.max(0, ...late.map(({ firstByteAt, sentAt }) => (firstByteAt ?? sentAt) - commandAt)),
    acknowledgedMs: answer.acknowledgedMs ?? Number.NaN,
    commandMs,
  };
}

function* steadily(offset: number): Generator<PlannedRequest> {
  const everyMs = (1_000 * gateways) / ratePerSecond;
  for (let index = 0; ; index++) {
    const atMs = index * everyMs + (offset * everyMs) / gateways;
    yield { index, atMs, promptTokens: 8, outputTokens: 1, stream: false };
  }
}

function resultOf(samples: readonly Measured[], outcomes: readonly Outcome[]): BenchResult {
  const figure = (name: string, of: (sample: Measured) => number) => ({
    name,
    unit: 'ms',
    samples: samples.map(of).filter((value) => !Number.isNaN(value)),
  });
  const lastSent = figure('last request sent to the bad version', ({ lastSentMs }) => lastSentMs);
  const silent = samples.filter(({ acknowledgedMs }) => Number.isNaN(acknowledgedMs)).length;
  const failed = outcomes.filter(({ end, status }) => end.kind !== 'whole' || status !== 200).length;
  return {
    figures: [
      lastSent,
      figure('its first byte came back', ({ lastAnsweredMs }) => lastAnsweredMs),
      figure('every gateway acknowledged', ({ acknowledgedMs }) => acknowledgedMs),
      figure('the command returned', ({ commandMs }) => commandMs),
    ],
    notes: [
      `${outcomes.length} requests meanwhile, ${failed} failed; ${silent} rollbacks with a gateway that did not acknowledge`,
      `sent: by the caller's clock; 0: no later request met the bad version. One request each ${1_000 / ratePerSecond} ms is as fine as it gets`,
      'the command is the API call; engines are simulated, all else is real processes',
    ],
    problem: problemOf(lastSent.samples, failed),
  };
}

function problemOf(lastSentMs: readonly number[], failed: number): string | undefined {
  const sorted = [...lastSentMs].sort((a, b) => a - b);
  const p99 = sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.POSITIVE_INFINITY;
  if (!(p99 < slowestP99Ms))
    return `p99 of the last request sent is ${Math.round(p99)} ms; under ${slowestP99Ms} is promised`;
  return failed === 0 ? undefined : `${failed} requests failed`;
}

async function allAnswer(signalbox: Installation, key: string): Promise<boolean> {
  const answers = await Promise.all(
    signalbox.gatewayUrls.map(async (url) => {
      const response = await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
      await response.body?.cancel();
      return response.ok;
    }),
  );
  return answers.every(Boolean);
}
