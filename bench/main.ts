import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { applyToPods } from './benches/apply-to-pods.ts';
import type { Bench, BenchOptions, BenchResult } from './benches/bench.ts';
import { reconcile } from './benches/reconcile/reconcile.ts';
import { rollback } from './benches/rollback.ts';
import { figureLines } from './measure/figures.ts';
import { describeMachine, machineLines } from './measure/machine.ts';

const benches: readonly Bench[] = [applyToPods, reconcile, rollback];
const usage = `npm run bench -- [NAME…] [--quick] [--json FILE]

${benches.map(({ name, title }) => `  ${name.padEnd(14)} ${title}`).join('\n')}

All of them unless named. With KUBECONFIG set, apply-to-pods counts pods of that cluster instead of local processes.`;

async function run(names: readonly string[], options: BenchOptions, json: string | undefined): Promise<boolean> {
  const chosen = names.length === 0 ? benches : benches.filter(({ name }) => names.includes(name));
  const machine = describeMachine();
  for (const line of machineLines(machine)) console.log(line);
  const results: Record<string, BenchResult> = {};
  for (const bench of chosen) {
    console.log(`\n${bench.name}: ${bench.title}`);
    const result = await bench.run(options).catch(failed);
    results[bench.name] = result;
    for (const line of [...figureLines(result.figures), ...result.notes.map((note) => `  ${note}`)]) console.log(line);
    if (result.problem !== undefined) console.log(`  FAILED: ${result.problem}`);
  }
  if (json !== undefined) writeFileSync(json, JSON.stringify({ machine, quick: options.quick, results }));
  return Object.values(results).every(({ problem }) => problem === undefined);
}

/** One bench that could not be measured does not take the others' figures away. */
function failed(error: unknown): BenchResult {
  const cause = error instanceof Error && error.cause !== undefined ? `: ${String(error.cause)}` : '';
  return { figures: [], notes: [], problem: `${error instanceof Error ? error.stack : String(error)}${cause}` };
}

function readArguments() {
  const options = {
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  } as const;
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const unknown = positionals.filter((name) => !benches.some((bench) => bench.name === name));
  if (unknown.length > 0) throw new TypeError(`there is no bench ${unknown.join(', ')}`);
  return { ...values, names: positionals };
}

async function main(): Promise<number> {
  try {
    const { names, quick, json, help } = readArguments();
    const { KUBECONFIG: kubeconfig } = process.env;
    const progress = (line: string): void => console.log(`  … ${line}`);
    if (!help) return (await run(names, { quick, kubeconfig, progress }, json)) ? 0 : 1;
    console.log(usage);
    return 0;
  } catch (error) {
    console.error(`bench: ${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return 64;
  }
}

// Said aloud: the embedded Postgres ends a process that merely runs out of work with code 0.
process.exit(await main());
