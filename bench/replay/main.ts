import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeMachine, machineLines } from '../measure/machine.ts';
import { spreadOf } from '../measure/quantiles.ts';
import { crossCheck, type GatewayCounts, readGatewayCounts } from './gateway-counts.ts';
import { type OpenLoop, startOpenLoop } from './open-loop.ts';
import { type ReplayOptions, readOptions, UsageError, usage } from './options.ts';
import { isGood, type ReplayReport, reportLines } from './report.ts';
import { openScene, type Scene } from './scene.ts';
import { playStory } from './story.ts';
import { judge, type Kill, tally } from './tally.ts';
import { seconds, Timeline } from './timeline.ts';
import { parseTrace, plannedRequests } from './trace.ts';

// The simulated engine's context is 32,768 tokens; half of it is left to what the chat template and the answer need.
const maxPromptTokens = 16_000;
const progressEveryMs = 3_000;
/** Until the gateway has booked what callers have just read. */
const settleMs = 500;

async function replay(options: ReplayOptions): Promise<boolean> {
  const trace = parseTrace(readFileSync(traceFile(options.trace), 'utf8'));
  const machine = describeMachine();
  for (const line of machineLines(machine)) console.log(line);
  const now = () => performance.now();
  const kills: Kill[] = [];
  const timeline = new Timeline(now, (line) => console.log(line));
  console.log('starting …');
  const scene = await openScene(options, (replica) => kills.push({ replica, at: now() }));
  try {
    const passMs = (trace.at(-1)?.atMs ?? 0) / options.speed;
    console.log(
      `${options.trace}: ${trace.length} requests, ${options.speed} times as fast, lengths × ${options.scaleTokens}`,
    );
    console.log(`sent to ${scene.words}`);
    const before = await countsOf(scene);
    const plan = plannedRequests(trace, { ...options, maxPromptTokens });
    timeline.start();
    const loop = startOpenLoop(plan, scene.target, now);
    const progress = setInterval(() => console.log(progressLine(loop, timeline, kills)), progressEveryMs);
    const durationMs = options.minutes === undefined ? passMs : options.minutes * 60_000;
    const storyError = await throughout(options, scene, loop, timeline, durationMs);
    await loop.stop();
    clearInterval(progress);
    await sleep(settleMs);
    const seen = tally(loop.outcomes, kills);
    const after = await countsOf(scene);
    const report: ReplayReport = {
      tally: seen,
      latenessMs: spreadOf(loop.latenessMs),
      timeline,
      checked: before && after ? crossCheck(before, after, seen) : undefined,
      unaccounted: loop.latenessMs.length - loop.outcomes.length,
      storyError,
    };
    for (const line of reportLines(report)) console.log(line);
    const good = isGood(report);
    console.log(
      `\n${good ? 'PASSED' : 'FAILED'}: ${seen.failed} failed of ${seen.sent}, in ${seconds(timeline.elapsedMs()).trim()}`,
    );
    if (options.json !== undefined) writeJson(options, { machine, report, loop });
    return good;
  } finally {
    await scene.close();
  }
}

/** Until the acts are over and the time is up; the reason why the acts broke off, if they did. */
async function throughout(
  { acts }: ReplayOptions,
  scene: Scene,
  loop: OpenLoop,
  timeline: Timeline,
  durationMs: number,
): Promise<string | undefined> {
  const story = scene.stage === undefined ? Promise.resolve() : playStory({ ...scene.stage, timeline }, acts);
  const ended = story.then(
    () => undefined,
    (error: unknown) =>
      error instanceof Error ? `${error.message}${error.cause ? `: ${error.cause}` : ''}` : String(error),
  );
  const storyError = await ended;
  await Promise.race([loop.sent, sleep(durationMs - timeline.elapsedMs())]);
  return storyError;
}

async function countsOf({ adminUrls, target }: Scene): Promise<GatewayCounts | undefined> {
  if (adminUrls.length === 0) return undefined;
  const pages = await Promise.all(adminUrls.map(async (url) => (await fetch(`${url}/metrics`)).text()));
  return readGatewayCounts(pages, target.model);
}

function progressLine(loop: OpenLoop, timeline: Timeline, kills: readonly Kill[]): string {
  const { outcomes } = loop;
  const bad = outcomes.filter((outcome) => judge(outcome, kills) !== 'served').length;
  const versions = Map.groupBy(outcomes.slice(-200), ({ version }) => version ?? 'none');
  const shares = [...versions]
    .sort()
    .map(([version, rows]) => `${version} ${Math.round((rows.length / Math.min(200, outcomes.length)) * 100)} %`);
  return `${seconds(timeline.elapsedMs())}  ${loop.latenessMs.length} sent, ${loop.inFlight()} in flight, ${bad} not served; last 200: ${shares.join(', ')}`;
}

function traceFile(name: string): string {
  const known = join(import.meta.dirname, '..', 'traces', `${name}.csv`);
  if (existsSync(known)) return known;
  if (existsSync(name)) return name;
  throw new UsageError(`there is no trace ${name}: neither in bench/traces nor as a file`);
}

function writeJson(options: ReplayOptions, measured: { machine: object; report: ReplayReport; loop: OpenLoop }): void {
  const { machine, report, loop } = measured;
  const { gateway, controlPlane, json, ...told } = options;
  const document = { options: told, machine, ...report, timeline: report.timeline.events, requests: loop.outcomes };
  writeFileSync(json ?? '', JSON.stringify(document));
  console.log(`written to ${json}`);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}

async function main(): Promise<number> {
  try {
    const options = readOptions(process.argv.slice(2));
    if (options !== 'help') return (await replay(options)) ? 0 : 1;
    console.log(usage);
    return 0;
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(`replay: ${error.message}\n\n${usage}`);
      return 64;
    }
    console.error(error);
    return 1;
  }
}

// Said aloud: the embedded Postgres ends a process that merely runs out of work with code 0.
process.exit(await main());
