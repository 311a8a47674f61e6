import { Command } from 'commander';
import { present } from '../../output/output.ts';
import { type Cli, examples, formatOption, runs, type WithFormat } from '../command.ts';

const VERBS = {
  pause: { operation: 'pauseRollout', summary: 'hold the rollout where it is' },
  resume: { operation: 'resumeRollout', summary: 'go on with a paused rollout' },
  advance: {
    operation: 'advanceRollout',
    summary: 'end the current step now; also gives the approval that it waits for',
  },
  abort: { operation: 'abortRollout', summary: 'give up: traffic returns to the stable revision' },
} as const;

interface Options extends WithFormat {
  reason?: string;
}

/** pause, resume, advance and abort say one word each and differ in nothing else. */
export function steerCommands(cli: Cli): readonly Command[] {
  return (Object.keys(VERBS) as (keyof typeof VERBS)[]).map((verb) => steerCommand(cli, verb));
}

function steerCommand(cli: Cli, verb: keyof typeof VERBS): Command {
  const { operation, summary } = VERBS[verb];
  const command = new Command(verb)
    .summary(summary)
    .argument('<deployment>')
    .option('--reason <text>', 'kept in the ledger')
    .addOption(formatOption());
  examples(command, [`signalbox rollout ${verb} chat`]);
  return runs<Options>(cli, command, async ({ client, project, out }, [name = ''], { output, reason }) => {
    const { value, json } = await client.call(operation, { params: { name }, query: { project }, body: { reason } });
    present(out, output, { json, people: () => out.line(`${name}: ${value.message}`) });
  });
}
