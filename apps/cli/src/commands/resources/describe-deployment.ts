import type { ApiResponse } from '@signalbox/contracts';
import { rolloutText, splitText } from '../../kinds/columns.ts';
import type { ResourceOf } from '../../kinds/kinds.ts';
import { type Colours, paintState } from '../../output/colours.ts';
import { oneLine } from '../../output/printable.ts';
import { renderTable, tableOf } from '../../output/table.ts';
import { shortDuration } from '../../output/times.ts';
import { replicaColumns } from '../deployments/replica-columns.ts';
import { revisionColumns } from '../rollouts/revision-columns.ts';

type Replica = ApiResponse<'listReplicas'>['items'][number];
type Revision = ApiResponse<'listRevisions'>['items'][number];

/** What a deployment is doing, as one reads it from top to bottom. */
export function deploymentLines(
  { status }: ResourceOf<'Deployment'>,
  replicas: readonly Replica[],
  revisions: readonly Revision[],
  { colours, now }: { colours: Colours; now: number },
): readonly string[] {
  const table = { wide: false, now };
  return [
    ...stateLines(status, now).map(
      ([title, text]) => `${`${title}:`.padEnd(10)} ${paintState(oneLine(text), colours)}`,
    ),
    '',
    'Conditions:',
    ...status.conditions.map(({ type, status: state, reason, message }) =>
      indent(`${type} ${paintState(state, colours)} (${reason}): ${oneLine(message)}`),
    ),
    '',
    `Replicas: ${replicas.length}`,
    ...(replicas.length === 0 ? [] : block(renderTable(tableOf(replicaColumns, replicas, table), colours))),
    '',
    'Latest revisions:',
    ...block(renderTable(tableOf(revisionColumns, revisions, table), colours)),
  ];
}

function stateLines(status: ResourceOf<'Deployment'>['status'], now: number): readonly (readonly [string, string])[] {
  const { replicas, former, scaleOverride } = status;
  return [
    ['Phase', status.phase],
    ['Traffic', splitText(status.split) || 'none'],
    ['Serving', `${replicas.serving} of ${replicas.desired} replicas`],
    ['Routes', status.routes.join(', ') || 'none'],
    ['Rollout', rolloutText(status.rollout)],
    ...(former === null ? [] : [['Warm', warmText(former, now)] as const]),
    ...(scaleOverride === null
      ? []
      : [['Fixed', `${scaleOverride.replicas} replicas by ${scaleOverride.author}`] as const]),
    ...(status.simulated ? [['Engine', 'simulated: answers are not from a model'] as const] : []),
  ];
}

function warmText(former: NonNullable<ResourceOf<'Deployment'>['status']['former']>, now: number): string {
  const until = former.keepWarmUntil;
  const leftMs = until === null ? 0 : Date.parse(until) - now;
  const left = leftMs > 0 ? `, for another ${shortDuration(leftMs)}` : '';
  return `${former.version} (revision ${former.revision})${left}`;
}

function block(text: string): readonly string[] {
  return text.split('\n').map(indent);
}

function indent(line: string): string {
  return `  ${line}`;
}
