import { Command } from 'commander';
import type { Cli } from '../command.ts';
import { createKeyCommand } from './create.ts';
import { describeKeyCommand } from './describe.ts';
import { listKeysCommand } from './list.ts';
import { revokeKeyCommand } from './revoke.ts';

export function keysCommand(cli: Cli): Command {
  const command = new Command('keys').summary('consumer keys: what callers of the models present');
  const verbs = [createKeyCommand(cli), listKeysCommand(cli), describeKeyCommand(cli), revokeKeyCommand(cli)];
  for (const verb of verbs) command.addCommand(verb);
  return command;
}
