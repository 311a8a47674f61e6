import { Command } from 'commander';
import type { Cli } from '../command.ts';
import { historyCommand } from './history.ts';
import { explainRolloutCommand, statusCommand } from './status.ts';
import { steerCommands } from './steer.ts';

export function rolloutCommand(cli: Cli): Command {
  const command = new Command('rollout').summary('look at a rollout and steer it');
  const verbs = [statusCommand(cli), ...steerCommands(cli), historyCommand(cli), explainRolloutCommand(cli)];
  for (const verb of verbs) command.addCommand(verb);
  return command;
}
