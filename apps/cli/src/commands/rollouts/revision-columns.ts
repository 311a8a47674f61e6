import type { ApiResponse } from '@signalbox/contracts';
import type { Column } from '../../output/table.ts';
import { age } from '../../output/times.ts';

type Revision = ApiResponse<'listRevisions'>['items'][number];

export const revisionColumns: readonly Column<Revision>[] = [
  { title: 'REVISION', cell: ({ number }) => String(number) },
  { title: 'VERSION', cell: ({ version }) => version },
  { title: 'ENGINE', cell: ({ engine }) => `${engine.name} ${engine.version}` },
  { title: 'QUANTIZATION', cell: ({ quantization }) => quantizationText(quantization) },
  { title: 'ROLE', cell: ({ role }) => role ?? '-' },
  { title: 'CAUSE', cell: ({ cause }) => cause },
  { title: 'AUTHOR', cell: ({ author }) => author },
  { title: 'AGE', cell: ({ createdAt }, now) => age(createdAt, now) },
];

function quantizationText({ weights, kvCache }: Revision['quantization']): string {
  const parts = [weights === null ? [] : [weights], kvCache === null ? [] : [`kv ${kvCache}`]].flat();
  return parts.join(', ') || 'none';
}
