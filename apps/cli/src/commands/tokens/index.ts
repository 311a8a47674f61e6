import { Command } from 'commander';
import type { Cli } from '../command.ts';
import { createTokenCommand } from './create.ts';
import { listTokensCommand } from './list.ts';
import { revokeTokenCommand } from './revoke.ts';

export function tokensCommand(cli: Cli): Command {
  const command = new Command('tokens').summary('tokens of the API: people, pipelines, gateways');
  for (const verb of [createTokenCommand(cli), listTokensCommand(cli), revokeTokenCommand(cli)]) {
    command.addCommand(verb);
  }
  return command;
}
