import { runProgram } from './bootstrap.mjs';

await runProgram(['apps/standalone/src/main.ts', ...process.argv.slice(2)]);
