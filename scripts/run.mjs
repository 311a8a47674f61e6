// `npm run <task>`: installs what is missing, then runs the task with the repository's own Node.
import { runProgram } from './bootstrap.mjs';

const tasks = {
  check: ['scripts/check.ts'],
  'test:unit': ['scripts/run-tests.ts', '--only', 'unit'],
  images: ['scripts/images/build-images.ts'],
  replay: ['bench/replay/main.ts'],
  bench: ['bench/main.ts'],
  'bench:gateway': ['bench/gateway/main.ts'],
  fuzz: ['apps/gateway/fuzz/main.ts'],
};

const [name, ...rest] = process.argv.slice(2);
const task = tasks[name];
if (task === undefined) {
  console.error(`unknown task ${name}; there are: ${Object.keys(tasks).join(', ')}`);
  process.exit(64);
}
await runProgram([...task, ...rest]);
