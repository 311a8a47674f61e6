import type { ApiResponse } from '@signalbox/contracts';
import { Command } from 'commander';
import { EXIT, type ExitCode } from '../../exit-code.ts';
import { present } from '../../output/output.ts';
import { oneLine } from '../../output/printable.ts';
import type { Session } from '../../session.ts';
import { type Cli, examples, formatOption, runs, type WithFormat } from '../command.ts';

export function verifyLedgerCommand(cli: Cli): Command {
  const command = new Command('verify')
    .summary('recompute the chain of hashes')
    .description(
      'Recompute the chain of hashes. Ends 1 where an entry was changed or is missing. All chains unless -p names a project.',
    )
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
  const { project } = settings;
  const request = { query: { project: project.origin === 'default' ? undefined : project.value } };
  const { value, json } = await client.call('verifyLedger', request, { timeoutMs: TIMEOUT_MS });
  present(out, output, {
    json,
    people: () => {
      for (const line of checkLines(value)) out.line(line);
    },
  });
  return value.intact ? EXIT.done : EXIT.refused;
}

/** The newest hash of each chain, to be kept elsewhere: it shows later that nothing was cut off. */
function checkLines({ intact, checked, broken, heads }: ApiResponse<'verifyLedger'>): readonly string[] {
  const chain = (project: string | null): string => (project === null ? 'the installation' : `project ${project}`);
  if (!intact) {
    const where =
      broken === null ? '' : ` at entry ${broken.seq} of ${chain(broken.project)}: ${oneLine(broken.message)}`;
    return [`the ledger was tampered with${where}`];
  }
  return [
    `the ledger is intact: ${checked} entries`,
    ...heads.map(({ project, entries, hash }) => `  ${chain(project)}: ${entries} entries, newest hash ${hash}`),
  ];
}
