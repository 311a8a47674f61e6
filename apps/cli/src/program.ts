import { Command } from 'commander';
import type { Cli } from './commands/command.ts';
import { configCommand } from './commands/config/view.ts';
import { diffCommand } from './commands/deployments/diff.ts';
import { explainCommand } from './commands/deployments/explain.ts';
import { logsCommand } from './commands/deployments/logs.ts';
import { promoteCommand } from './commands/deployments/promote.ts';
import { restartCommand } from './commands/deployments/restart.ts';
import { rollbackCommand } from './commands/deployments/rollback.ts';
import { scaleCommand } from './commands/deployments/scale.ts';
import { eventsCommand } from './commands/installation/events.ts';
import { topCommand } from './commands/installation/top.ts';
import { versionCommand } from './commands/installation/version.ts';
import { whoamiCommand } from './commands/installation/whoami.ts';
import { keysCommand } from './commands/keys/index.ts';
import { ledgerCommand } from './commands/ledger/index.ts';
import { applyCommand } from './commands/manifests/apply.ts';
import { exportCommand } from './commands/manifests/export.ts';
import { planCommand } from './commands/manifests/plan.ts';
import { versionsCommand } from './commands/models/versions.ts';
import { deleteCommand } from './commands/resources/delete.ts';
import { describeCommand } from './commands/resources/describe.ts';
import { getCommand } from './commands/resources/get.ts';
import { rolloutCommand } from './commands/rollouts/index.ts';
import { chatCommand } from './commands/routes/chat.ts';
import { tokensCommand } from './commands/tokens/index.ts';
import { usageCommand } from './commands/usage/usage.ts';

const EXIT_CODES = `
Exit codes: 0 done, 1 refused or failed, 2 would change (plan), 3 rolled back,
4 timed out while still going on, 64 bad usage, 130 interrupted.`;

/** The tree of commands, in the order in which they are met. */
export function buildProgram(cli: Cli): Command {
  const program = new Command('signalbox')
    .description('Ship model versions onto your own GPUs, safely.')
    .option('--url <url>', 'of the control plane (SIGNALBOX_URL)')
    .option('--token <token>', 'of the API; SIGNALBOX_TOKEN keeps it out of the process list')
    .option('--context <name>', 'of the settings file (SIGNALBOX_CONTEXT)')
    .option('-p, --project <name>', 'project (SIGNALBOX_PROJECT; default: default)')
    .option('--no-color', 'no colours, also at a terminal')
    .addHelpText('after', EXIT_CODES);
  group(program, 'Change what is wanted:', [planCommand, applyCommand, deleteCommand, exportCommand], cli);
  group(
    program,
    'Ship and undo:',
    [promoteCommand, rollbackCommand, rolloutCommand, scaleCommand, restartCommand],
    cli,
  );
  const look = [getCommand, describeCommand, versionsCommand, diffCommand, explainCommand, logsCommand, eventsCommand];
  group(program, 'Look:', [...look, topCommand, usageCommand, chatCommand], cli);
  const access = [keysCommand, tokensCommand, ledgerCommand, whoamiCommand, versionCommand, configCommand];
  group(program, 'Access and records:', access, cli);
  return program;
}

function group(program: Command, heading: string, commands: readonly ((cli: Cli) => Command)[], cli: Cli): void {
  program.commandsGroup(heading);
  for (const make of commands) program.addCommand(make(cli));
}
