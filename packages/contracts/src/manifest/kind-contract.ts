import type { ManifestKind, ManifestMetadata, ManifestOf, ManifestSpecs } from '@signalbox/domain';
import { z } from 'zod';
import { fields, oneOf } from './fields.ts';
import type { Finding } from './finding.ts';
import { type Reading, readWith } from './findings-of.ts';
import { metadataOf, renderMetadata } from './metadata.ts';

export const API_VERSION = 'signalbox.dev/v1';

/** What a manifest may leave open because the installation knows it. */
export interface ManifestDefaults {
  /** Where deployments run that name no cluster. */
  cluster: string;
  /** By engine name, for deployments that name no version. */
  engineVersions: Readonly<Record<string, string>>;
}

export interface KindContract<Kind extends ManifestKind> {
  kind: Kind;
  /** Of the whole document. */
  schema: z.ZodType;
  read(document: unknown, defaults: ManifestDefaults): Reading<ManifestOf<Kind>>;
  renderSpec(spec: ManifestSpecs[Kind]): Record<string, unknown>;
  render(manifest: ManifestOf<Kind>): Record<string, unknown>;
}

interface KindDefinition<Kind extends ManifestKind, Read, Written> {
  kind: Kind;
  description: string;
  spec: z.ZodType<Read, Written>;
  /** What takes more than the spec alone: the name, and what the installation knows. */
  complete(
    read: Read,
    context: { metadata: ManifestMetadata; defaults: ManifestDefaults },
  ): Reading<ManifestSpecs[Kind]>;
  render(spec: ManifestSpecs[Kind]): Written & Record<string, unknown>;
  /** Further findings in a document that is wrong already, so that the user hears of everything at once. */
  alsoWrong?(document: unknown, defaults: ManifestDefaults): readonly Finding[];
}

export function defineKind<Kind extends ManifestKind, Read, Written>(
  definition: KindDefinition<Kind, Read, Written>,
): KindContract<Kind> {
  const { kind, description, spec, complete, render } = definition;
  const schema = fields({ apiVersion: oneOf([API_VERSION]), kind: z.literal(kind), metadata: metadataOf(kind), spec });
  return {
    kind,
    schema: schema.meta({ id: `${kind}Manifest`, description }),
    read(document, defaults) {
      const written = readWith(schema as unknown as z.ZodType<{ metadata: ManifestMetadata; spec: Read }>, document);
      if (written.kind === 'wrong') {
        return wrong(...written.findings, ...(definition.alsoWrong?.(document, defaults) ?? []));
      }
      const { metadata } = written.value;
      const completed = complete(written.value.spec, { metadata, defaults });
      return completed.kind === 'wrong' ? completed : read({ kind, metadata, spec: completed.value });
    },
    renderSpec: render,
    render: (manifest) => ({
      apiVersion: API_VERSION,
      kind,
      metadata: renderMetadata(manifest.metadata),
      spec: render(manifest.spec),
    }),
  };
}

export function read<T>(value: T): Reading<T> {
  return { kind: 'read', value };
}

export function wrong<T>(...findings: readonly Finding[]): Reading<T> {
  return { kind: 'wrong', findings };
}
