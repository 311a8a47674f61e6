import type { ApiResponse } from '@signalbox/contracts';
import { Command } from 'commander';
import { EXIT, type ExitCode } from '../../exit-code.ts';
import { present } from '../../output/output.ts';
import { oneLine } from '../../output/printable.ts';
import type { Session } from '../../session.ts';
import { type Cli, examples, formatOption, positiveInteger, runs, type WithFormat } from '../command.ts';

interface Options extends WithFormat {
  toRevision?: number;
  reason?: string;
}

export function rollbackCommand(cli: Cli): Command {
  const command = new Command('rollback')
    .summary('bring an earlier revision back, now')
    .description('Bring an earlier revision back: traffic first, then capacity. Works at any moment, also mid-rollout.')
    .argument('<deployment>')
    .option('--to-revision <number>', 'this revision (default: the one that served before)', positiveInteger)
    .option('--reason <text>', 'kept in the ledger')
    .addOption(formatOption());
  examples(command, [
    'signalbox rollback chat',
    'signalbox rollback chat --to-revision 3 --reason "answers in the wrong language"',
  ]);
  return runs<Options>(cli, command, rollback);
}

async function rollback(
  { client, project, out }: Session,
  [name = '']: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const { toRevision, reason } = options;
  const answer = await client.call('rollback', {
    params: { name },
    query: { project },
    body: { toRevision, reason },
  });
  present(out, options.output, {
    json: answer.json,
    people: () => {
      for (const line of rollbackLines(name, answer.value)) out.line(line);
    },
  });
  return rollbackExitCode(answer.value);
}

type Rollback = ApiResponse<'rollback'>;

/** A gateway that did not acknowledge may still send requests to the bad version: that is not done. */
function rollbackExitCode({ kind, acknowledgedMs }: Rollback): ExitCode {
  return kind === 'moved' && acknowledgedMs === null ? EXIT.stillGoingOn : EXIT.done;
}

function rollbackLines(name: string, answer: Rollback): readonly string[] {
  const target = `${answer.to.version} (revision ${answer.to.revision})`;
  if (answer.kind === 'provisioning') {
    return [
      `${name}: ${oneLine(answer.message)}`,
      `replicas must come up first; see: signalbox rollout status ${name}`,
    ];
  }
  const { acknowledgedMs, gateways } = answer;
  if (acknowledgedMs !== null) {
    const who = gateways.length === 1 ? 'the gateway' : `all ${gateways.length} gateways`;
    return [`${name}: all traffic is on ${target}; ${who} acknowledged within ${rounded(acknowledgedMs)} ms`];
  }
  const late = gateways.filter((gateway) => gateway.acknowledgedMs === null);
  return [
    `${name}: traffic was sent to ${target}, but ${late.length} of ${gateways.length} gateways did not acknowledge`,
    ...gateways.map(({ id, acknowledgedMs: ms }) => `  ${id}  ${ms === null ? 'did not answer' : `${rounded(ms)} ms`}`),
    'they take it as soon as they hear of it; see: signalbox top',
  ];
}

function rounded(ms: number): string {
  return ms < 10 ? ms.toFixed(1) : String(Math.round(ms));
}
