import type { Instant } from '@signalbox/domain';

/** An accepted change of something that users write. Its version must still be `expectedVersion`. */
export interface WrittenChange<Spec> {
  expectedVersion: number;
  spec: Spec;
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  author: string;
  at: Instant;
}

/** The columns that every accepted change sets. */
export function writtenColumns<Spec>(change: WrittenChange<Spec>) {
  return {
    spec: change.spec,
    labels: change.labels,
    annotations: change.annotations,
    author: change.author,
    updatedAt: new Date(change.at),
    version: change.expectedVersion + 1,
  };
}
