import type { ApiResponse } from '@signalbox/contracts';
import type { Colours } from '../../output/colours.ts';
import { oneLine } from '../../output/printable.ts';
import { renderTable } from '../../output/table.ts';

type Routing = ApiResponse<'getRequestUsage'>['items'][number]['routing'];
type Decision = NonNullable<Routing>[number];

const revisionBy: Record<Decision['revisionBy'], string> = {
  split: 'as the split of traffic says',
  sticky: 'where its caller stays',
  pin: 'asked for by header',
  rescue: 'after another attempt had failed',
  keeper: 'where the response is kept that it goes on from',
};

const tiers = [
  '',
  'all that could take it were full',
  'none was sure to fit it',
  'none was known to work: any that serves was tried',
] as const;

const because: Record<Decision['filtered'][number]['by'], string> = {
  serving: 'takes nothing new',
  admitted: 'not reached yet',
  notEjected: 'ejected',
  fitsContext: 'too short a context',
  belowLimit: 'full',
  tried: 'had failed on it',
  notKeeper: 'does not keep that response',
  hasAdapter: 'does not have that adapter',
};

/** Each attempt: who competed with which scores, the chosen one marked, and who did not compete. */
export function routingLines(routing: Routing, colours: Colours): readonly string[] {
  if (routing === null)
    return [
      'Why it went there was not kept: a gateway keeps that of some requests a second and of those that fail.',
      'Sent with x-signalbox-explain: true, the next one like it is kept.',
    ];
  return routing.flatMap((decision, index) => [
    ...(index === 0 ? [] : ['']),
    colours.bold(attemptLine(decision, index + 1)),
    ...candidateLines(decision, colours),
    ...filteredLines(decision),
  ]);
}

function attemptLine({ deployment, revision, revisionBy: by, tier }: Decision, number: number): string {
  const loosened = tiers[Math.min(tier, tiers.length - 1)];
  return oneLine(
    `attempt ${number}: ${deployment} revision ${revision}, ${revisionBy[by]}${loosened === '' ? '' : `; ${loosened}`}`,
  );
}

/** Scores are from 0 to 1; each counts as often as its title says, and the highest total wins. */
function candidateLines({ scorers, candidates, replicaId }: Decision, colours: Colours): readonly string[] {
  const counted = scorers.flatMap(({ name, weight }, at) => (weight === 0 ? [] : [{ name, weight, at }]));
  const titles = ['', 'replica', 'total', ...counted.map(({ name, weight }) => `${name} ×${weight}`), 'to read'];
  const rows = candidates.map((candidate) => [
    candidate.replicaId === replicaId ? '→' : ' ',
    candidate.replicaId,
    String(candidate.total),
    ...counted.map(({ at }) => String(candidate.scores[at] ?? '-')),
    `${candidate.uncachedTokens} tokens`,
  ]);
  return renderTable({ titles, rows }, colours).split('\n');
}

function filteredLines({ filtered, unlisted }: Decision): readonly string[] {
  const names = filtered.map(({ replicaId, by }) => `${replicaId} (${because[by]})`);
  return [
    ...(names.length === 0 ? [] : [oneLine(`left out: ${names.join(', ')}`)]),
    ...(unlisted === 0 ? [] : [`and ${unlisted} more replicas`]),
  ];
}
