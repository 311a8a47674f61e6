import type { ApiResponse } from '@signalbox/contracts';
import type { Colours } from '../output/colours.ts';
import { oneLine } from '../output/printable.ts';

type Change = ApiResponse<'apply'>['changes'][number];
type Field = NonNullable<Change['fields']>[number];

/** Kinds as people name them on the command line. */
function subject({ kind, name, project }: Change): string {
  const word = kind.replace(/(?<=[a-z])(?=[A-Z])/, '-').toLowerCase();
  return project === null || project === 'default' ? `${word}/${name}` : `${word}/${name} in ${project}`;
}

const SIGNS = { created: '+', updated: '~', deleted: '-', unchanged: '=' } as const;

/** What was changed, or would be: a line per object, and below it what differs. Unchanged ones are only counted. */
export function changeLines(changes: readonly Change[], colours: Colours): readonly string[] {
  const shown = changes.filter(({ change }) => change !== 'unchanged');
  const width = Math.max(0, ...shown.map((change) => subject(change).length));
  return shown.flatMap((change) => [changeLine(change, width, colours), ...(change.fields ?? []).map(fieldLine)]);
}

function changeLine(change: Change, width: number, colours: Colours): string {
  const words = [
    `${SIGNS[change.change]} ${subject(change).padEnd(width)}  ${change.change}`,
    change.revision === undefined ? '' : `, revision ${change.revision}`,
    change.note === undefined ? '' : ` (${oneLine(change.note)})`,
  ].join('');
  const paint = { created: colours.green, updated: colours.yellow, deleted: colours.red, unchanged: colours.dim };
  return paint[change.change](words);
}

export function fieldLine({ path, from, to }: Field): string {
  if (from === undefined) return `    + ${path}: ${valueText(to)}`;
  if (to === undefined) return `    - ${path}: ${valueText(from)}`;
  return `    ~ ${path}: ${valueText(from)} → ${valueText(to)}`;
}

function valueText(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'null');
  return oneLine(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}

export function countLine(changes: readonly Change[], dryRun: boolean): string {
  const count = (change: Change['change']): number => changes.filter((it) => it.change === change).length;
  const words = dryRun
    ? ['to create', 'to update', 'to delete', 'unchanged']
    : ['created', 'updated', 'deleted', 'unchanged'];
  const counts = [count('created'), count('updated'), count('deleted'), count('unchanged')];
  return counts.map((number, index) => `${number} ${words[index]}`).join(', ');
}
