import { Command } from 'commander';
import type { Cli } from '../command.ts';
import { createKeyCommand } from './create.ts';
import { listKeysCommand } from './list.ts';
import { revokeKeyCommand } from './revoke.ts';

export function keysCommand(cli: Cli): Command {
  const command = new Command('keys').summary('consumer keys: what callers of the models present');
  for (const verb of [createKeyCommand(cli), listKeysCommand(cli), revokeKeyCommand(cli)]) command.addCommand(verb);
  return command;
}
