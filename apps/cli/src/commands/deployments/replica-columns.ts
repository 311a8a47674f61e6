import type { ApiResponse } from '@signalbox/contracts';
import type { Column } from '../../output/table.ts';
import { age } from '../../output/times.ts';

type Replica = ApiResponse<'listReplicas'>['items'][number];

export const replicaColumns: readonly Column<Replica>[] = [
  { title: 'REPLICA', cell: ({ name }) => name },
  { title: 'VERSION', cell: ({ version, revision }) => `${version} (${revision})` },
  { title: 'PHASE', cell: ({ phase }) => phase },
  { title: 'TRAFFIC', cell: ({ traffic }) => traffic },
  { title: 'IN FLIGHT', cell: ({ inFlight }) => (inFlight === null ? 'unknown' : String(inFlight)) },
  { title: 'RESTARTS', cell: ({ restarts }) => String(restarts) },
  { title: 'NODE', cell: ({ node }) => node ?? '-' },
  { title: 'AGE', cell: ({ startedAt }, now) => age(startedAt, now) },
  { title: 'REASON', cell: ({ reason, proofError }) => reason ?? proofError ?? '-' },
];
