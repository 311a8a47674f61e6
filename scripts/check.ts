/** `npm run check`: everything that can be said without running the product. Stops at nothing, fails at the end. */
import { spawnSync } from 'node:child_process';

const checks: readonly { name: string; command: readonly string[] }[] = [
  { name: 'format and lint', command: ['biome', 'check', '--error-on-warnings', '.'] },
  { name: 'types', command: ['tsc', '-p', '.'] },
  {
    name: 'direction',
    command: [
      'depcruise',
      '--config',
      '.dependency-cruiser.mjs',
      '--output-type',
      'err',
      'apps',
      'packages',
      'e2e',
      'bench',
      'scripts',
    ],
  },
  { name: 'dead code', command: ['knip', '--no-progress'] },
  { name: 'words and clocks', command: ['node', 'scripts/check-words.ts'] },
  { name: 'unit tests', command: ['node', 'scripts/run-tests.ts', '--only', 'unit'] },
];

const failed: string[] = [];
for (const { name, command } of checks) {
  const started = Date.now();
  const [program, ...args] = command;
  const result = spawnSync(program ?? '', args, { encoding: 'utf8' });
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  const passed = result.status === 0;
  console.log(`${passed ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
  if (!passed) {
    failed.push(name);
    console.log(`${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}`.trimEnd());
  }
}
if (failed.length > 0) {
  console.log(`\n${failed.length} of ${checks.length} checks failed: ${failed.join(', ')}`);
  process.exit(1);
}
