import type { ApiResponse } from '@signalbox/contracts';
import { renderManifestSpec } from '@signalbox/contracts';
import type { Instant, ManifestKind, ManifestSpecs } from '@signalbox/domain';
import { iso } from '../instants.ts';

/** What the tables of all kinds have in common. */
export interface WrittenRow<Spec> {
  id: string;
  name: string;
  spec: Spec;
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  version: number;
  author: string;
  createdAt: Instant;
  updatedAt: Instant;
}

export interface Envelope<Kind extends ManifestKind, Status> {
  apiVersion: 'signalbox.dev/v1';
  kind: Kind;
  metadata: ApiResponse<'getProject'>['metadata'];
  spec: Readonly<Record<string, unknown>>;
  status: Status;
}

/** An object as the API shows it: as written, plus what is known of it. */
export function envelope<Kind extends ManifestKind, Status>(
  kind: Kind,
  row: WrittenRow<ManifestSpecs[Kind]>,
  project: string | null,
  status: Status,
): Envelope<Kind, Status> {
  return {
    apiVersion: 'signalbox.dev/v1',
    kind,
    metadata: {
      id: row.id,
      name: row.name,
      project,
      labels: row.labels,
      annotations: row.annotations,
      version: row.version,
      author: row.author,
      createdAt: iso(row.createdAt),
      updatedAt: iso(row.updatedAt),
    },
    spec: renderManifestSpec(kind, row.spec),
    status,
  };
}
