import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openDatabase } from '@signalbox/db';
import { systemClock } from '@signalbox/runtime';
import { testDatabase } from '@signalbox/testkit/postgres';
import type { Bench, BenchOptions, BenchResult } from '../bench.ts';
import type { PassCost } from './passes.ts';
import { seedFleet } from './seed-fleet.ts';

const size = { deployments: 1_000, replicas: 20 };

export const reconcile: Bench = {
  name: 'reconcile',
  title: `resync of ${size.deployments} deployments × ${size.replicas} replicas with nothing to do`,
  run,
};

async function run({ quick, progress }: BenchOptions): Promise<BenchResult> {
  const { url, close } = await testDatabase();
  try {
    progress('writing the rows');
    const database = openDatabase({ connectionString: url, applicationName: 'signalbox-bench', clock: systemClock });
    await seedFleet(database, size);
    await database.close();
    progress('passes');
    const [first, ...passes] = await measure(url, quick ? 2 : 5);
    return { figures: figuresOf(first, passes), notes, problem: problemOf(passes) };
  } finally {
    await close();
  }
}

const notes = [
  'the control plane’s own controllers and repositories on a real Postgres (its CPU is not counted), 8 side by side',
  'simulated: the cluster, which shows in memory what the rows say; no queue, no gateways, no API beside it',
];

async function measure(databaseUrl: string, rounds: number): Promise<PassCost[]> {
  const program = join(import.meta.dirname, 'passes.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [program, databaseUrl, String(rounds)]);
  return JSON.parse(stdout) as PassCost[];
}

function figuresOf(first: PassCost | undefined, passes: readonly PassCost[]): BenchResult['figures'] {
  const figure = (name: string, unit: string, of: (cost: PassCost) => number) => ({
    name,
    unit,
    samples: passes.map(of),
  });
  return [
    figure('CPU', 's', ({ cpuSeconds }) => cpuSeconds),
    figure('wall', 's', ({ wallSeconds }) => wallSeconds),
    figure('memory (RSS, highest)', 'MiB', ({ rssMiB }) => rssMiB),
    figure('deployments that were not quiet', '', ({ passes: ran }) => ran),
    {
      name: 'all controllers of all deployments (a start), CPU',
      unit: 's',
      samples: first === undefined ? [] : [first.cpuSeconds],
    },
    {
      name: 'all controllers of all deployments (a start), wall',
      unit: 's',
      samples: first === undefined ? [] : [first.wallSeconds],
    },
  ];
}

/** A pass that orders something measured another world than it says. */
function problemOf(passes: readonly PassCost[]): string | undefined {
  const orders = passes.reduce((sum, pass) => sum + pass.orders, 0);
  return orders === 0 ? undefined : `${orders} orders to the cluster where nothing was to do`;
}
