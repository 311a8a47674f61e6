import { runProgram } from './bootstrap.mjs';

await runProgram(['scripts/run-tests.ts', ...process.argv.slice(2)]);
