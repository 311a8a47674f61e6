#!/usr/bin/env node
import { join } from 'node:path';
import { root, runProgram } from './bootstrap.mjs';

await runProgram([join(root, 'apps/cli/src/main.ts'), ...process.argv.slice(2)]);
