import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { figureLines } from '../measure/figures.ts';
import { describeMachine, machineLines } from '../measure/machine.ts';
import { contenders } from './contenders/all.ts';
import type { ContenderName } from './contenders/contender.ts';
import { goalTable } from './goal-table.ts';
import { coresProblem, filesProblem, pinSelf } from './rig/cores.ts';
import { startMock } from './rig/mock.ts';
import { killAll } from './rig/processes.ts';
import { rigOf } from './rig/rig.ts';
import { isNoisy, spreadShare } from './rounds/rounds.ts';
import { sections as allSections } from './sections/all.ts';
import type { Rig, Section, SectionResult } from './sections/section.ts';

const usage = `npm run bench:gateway -- [--quick] [--only SECTION]… [--rounds N] [--json FILE]

${allSections.map(({ name, title }) => `  ${name.padEnd(16)} ${title}`).join('\n')}

--quick takes about 3 minutes, everything about 20. Installs what it compares with (Debian packages as root, npm
packages into .cache). --rounds is how many replicas are lost or restarts made; the usual number is what fits into the
time. Exit code 1 when something could not be measured or requests failed, not when a goal is missed.`;

type Named = SectionResult & { name: string };

interface Wanted {
  chosen: readonly Section[];
  quick: boolean;
  rounds: number | undefined;
  json: string | undefined;
}

async function run({ chosen: sections, quick, rounds, json }: Wanted): Promise<boolean> {
  const machine = describeMachine();
  for (const line of machineLines(machine)) console.log(line);
  for (const line of await prepare(sections)) console.log(`         ${line}`);
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-bench-'));
  process.once('exit', () => {
    killAll();
    rmSync(folder, { recursive: true, force: true });
  });
  pinSelf('load');
  const mock = await startMock(4, folder);
  const rig = rigOf({ mock, folder, quick, rounds, progress: (line) => console.log(`  … ${line}`) });
  const results: Named[] = [];
  for (const section of sections) results.push(await measure(section, rig));
  await mock.stop();

  console.log('');
  for (const line of goalTable(results)) console.log(line);
  const problems = results.flatMap(({ problems }) => problems);
  for (const line of [...noise(results), ...problems.map((problem) => `PROBLEM: ${problem}`)]) console.log(line);
  if (json !== undefined)
    writeFileSync(json, JSON.stringify({ machine, quick, noise: noise(results), results }, undefined, 1));
  return problems.length === 0;
}

async function prepare(sections: readonly Section[]): Promise<string[]> {
  const names = [...new Set(sections.flatMap((section) => section.contenders))] as ContenderName[];
  for (const name of names) await contenders[name].prepare();
  return names.map((name) => contenders[name].describe());
}

/** One section that could not be measured does not take the others' figures away. */
async function measure(section: Section, rig: Rig): Promise<Named> {
  console.log(`\n${section.name}: ${section.title}`);
  const since = performance.now();
  const result = await section.run(rig).catch(
    (error: unknown): SectionResult => ({
      rows: [],
      figures: [],
      notes: [],
      problems: [`${section.name}: ${error instanceof Error ? error.message : String(error)}`],
    }),
  );
  for (const line of figureLines(result.figures)) console.log(line);
  for (const line of [...result.notes, ...result.problems]) console.log(`  ${line}`);
  console.log(`  took ${Math.round((performance.now() - since) / 1_000)} s`);
  return { name: section.name, ...result };
}

/** nginx does the same work every round: what differs between its rounds is the machine. */
function noise(results: readonly Named[]): string[] {
  return results.flatMap(({ name, yardstick }) => {
    if (yardstick === undefined) return [];
    const share = spreadShare(yardstick);
    const percent = share === undefined ? 'unknown' : `${Math.round(share * 100)} %`;
    const verdict = isNoisy(share) ? ': NOISY, do not quote these figures' : '';
    return [`${name}: nginx's own spread between rounds is ${percent}${verdict}`];
  });
}

function readArguments() {
  const options = {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] as string[] },
    rounds: { type: 'string' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  } as const;
  const { values } = parseArgs({ options });
  const unknown = values.only.filter((name) => !allSections.some((section) => section.name === name));
  if (unknown.length > 0) throw new TypeError(`there is no section ${unknown.join(', ')}`);
  const chosen = values.only.length === 0 ? allSections : allSections.filter(({ name }) => values.only.includes(name));
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0))
    throw new TypeError('--rounds is a number from 1');
  return { ...values, chosen, rounds, json: values.json };
}

async function main(): Promise<number> {
  try {
    const wanted = readArguments();
    if (wanted.help) {
      console.log(usage);
      return 0;
    }
    const problem = coresProblem() ?? filesProblem();
    if (problem !== undefined) throw new Error(problem);
    return (await run(wanted)) ? 0 : 1;
  } catch (error) {
    const isUsage = error instanceof TypeError;
    console.error(`bench:gateway: ${error instanceof Error ? error.message : String(error)}`);
    if (isUsage) console.error(`\n${usage}`);
    return isUsage ? 64 : 1;
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => process.exit(signal === 'SIGINT' ? 130 : 143));
}
process.exit(await main());
