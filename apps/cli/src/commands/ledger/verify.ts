import { Command } from 'commander';
import { EXIT, type ExitCode } from '../../exit-code.ts';
import { present } from '../../output/output.ts';
import type { Session } from '../../session.ts';
import { type Cli, examples, formatOption, runs, type WithFormat } from '../command.ts';
import { namedProject } from './list.ts';

export function verifyLedgerCommand(cli: Cli): Command {
  const command = new Command('verify')
    .summary('recompute the chain of hashes')
    .description('Recompute the chain of hashes. Ends 1 where an entry was changed or is missing.')
    .addOption(formatOption());
  examples(command, ['signalbox ledger verify']);
  return runs<WithFormat>(cli, command, verify);
}

/** Every entry is read and hashed; a large ledger takes its time. */
const TIMEOUT_MS = 300_000;

async function verify(
  { client, settings, out }: Session,
  _args: readonly string[],
  { output }: WithFormat,
): Promise<ExitCode> {
  const request = { query: { project: namedProject(settings) } };
  const { value, json } = await client.call('verifyLedger', request, { timeoutMs: TIMEOUT_MS });
  present(out, output, {
    json,
    people: () => {
      if (value.intact) out.line(`the ledger is intact: ${value.checked} entries`);
      else out.note(`error: the ledger was tampered with at entry ${value.broken?.seq}: ${value.broken?.message}`);
    },
  });
  return value.intact ? EXIT.done : EXIT.refused;
}
