import { changedFields, renderManifestSpec } from '@signalbox/contracts';
import type { Insertion, Project, WrittenChange } from '@signalbox/db';
import type { Instant, ManifestKind, ManifestOf, ManifestSpecs } from '@signalbox/domain';
import { newId } from '@signalbox/runtime';
import { StaleRow } from '../change.ts';
import { type Applied, type AppliedChange, type ApplyContext, changeOf } from './apply-context.ts';
import type { Document } from './document.ts';

/** A document whose kind is known. */
export interface DocumentOf<Kind extends ManifestKind> extends Document {
  manifest: Extract<Document['manifest'], ManifestOf<Kind>>;
}

export interface ExistingRow<Spec> {
  id: string;
  spec: Spec;
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  version: number;
}

/** What every new row has; the kind adds its own references. */
export interface NewWritten<Spec> {
  name: string;
  spec: Spec;
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  author: string;
  createdAt: Instant;
  updatedAt: Instant;
}

export interface Writing<Spec> {
  project: Project | null;
  existing: ExistingRow<Spec> | undefined;
  insert(id: string, row: NewWritten<Spec>): Promise<Insertion>;
  update(id: string, change: WrittenChange<Spec>): Promise<boolean>;
}

/** What an apply changes of an object, in the words of its manifest. */
export function fieldsChanged<Kind extends ManifestKind>(
  kind: Kind,
  existing: Omit<ExistingRow<ManifestSpecs[Kind]>, 'id' | 'version'>,
  manifest: ManifestOf<Kind>,
): NonNullable<AppliedChange['fields']> {
  const shown = (
    spec: ManifestSpecs[Kind],
    { labels, annotations }: Pick<typeof existing, 'labels' | 'annotations'>,
  ) => ({
    metadata: { labels, annotations },
    spec: renderManifestSpec(kind, spec),
  });
  return changedFields(shown(existing.spec, existing), shown(manifest.spec, manifest.metadata));
}

/** Creates or updates an object, or finds it as wanted. The common part of all kinds but versions and deployments. */
export async function writeObject<Kind extends ManifestKind>(
  context: ApplyContext,
  document: DocumentOf<Kind>,
  { project, existing, insert, update }: Writing<ManifestSpecs[Kind]>,
): Promise<Applied> {
  const { at, caller } = context.change;
  const { kind, metadata, spec } = document.manifest as unknown as ManifestOf<Kind>;
  const { name, labels, annotations } = metadata;
  const written = { spec, labels, annotations, author: caller.name };
  if (existing === undefined) {
    const id = newId(at);
    if ((await insert(id, { ...written, name, createdAt: at, updatedAt: at })) === 'duplicate') throw new StaleRow();
    record(context, { kind, name, id, project }, 'created');
    return changeOf(document, { change: 'created' });
  }
  const fields = fieldsChanged(kind, existing, document.manifest as unknown as ManifestOf<Kind>);
  if (fields.length === 0) return changeOf(document, { change: 'unchanged' });
  if (!(await update(existing.id, { ...written, at, expectedVersion: existing.version }))) throw new StaleRow();
  record(context, { kind, name, id: existing.id, project }, 'updated', { fields });
  return changeOf(document, { change: 'updated', fields });
}

/** Notes what was applied, for the ledger and for event streams. */
export function record(
  { change }: Pick<ApplyContext, 'change'>,
  { kind, name, id, project }: { kind: ManifestKind; name: string; id: string; project: Project | null },
  what: 'created' | 'updated',
  evidence: Readonly<Record<string, unknown>> = {},
): void {
  change.decisions.push({
    at: change.at,
    project,
    actor: change.caller.name,
    kind: `${kind.charAt(0).toLowerCase()}${kind.slice(1)}.applied`,
    subject: { kind, id, name },
    change: what,
    evidence: { change: what, ...evidence },
  });
}
