import { INSTALLATION_KINDS, type ManifestKind, type ManifestMetadata } from '@signalbox/domain';
import { z } from 'zod';
import { expectedText } from './expected.ts';
import { fields, mapOf, refused, text, withDefault } from './fields.ts';
import { dnsLabel, dottedName, LONGEST_DEPLOYMENT_NAME } from './names.ts';

export const DEFAULT_PROJECT = 'default';

export function belongsToProject(kind: ManifestKind): boolean {
  return !(INSTALLATION_KINDS as readonly ManifestKind[]).includes(kind);
}

const keyPattern = /^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const key = text('a key such as team or example.com/team', { pattern: keyPattern });

const labelValue = z
  .string(expectedText('text'))
  .regex(
    /^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/,
    expectedText('a label: at most 63 letters, digits, ".", "_" and "-", starting and ending with a letter or digit'),
  );
const annotationValue = z.string(expectedText('text')).max(16_384, 'longer than 16,384 characters');

const labels = withDefault(mapOf(labelValue, 'labels', key), {});
const annotations = withDefault(mapOf(annotationValue, 'annotations', key), {});

function nameOf(kind: ManifestKind) {
  if (kind === 'Deployment') return dnsLabel('a name', LONGEST_DEPLOYMENT_NAME);
  return kind === 'Model' || kind === 'ModelVersion' ? dottedName('a name') : dnsLabel('a name');
}

export function metadataOf(kind: ManifestKind): z.ZodType<ManifestMetadata, WrittenMetadata> {
  const shape = { name: nameOf(kind), labels, annotations };
  return belongsToProject(kind)
    ? fields({ ...shape, project: withDefault(dnsLabel('the name of a project'), DEFAULT_PROJECT) })
    : fields({ ...shape, project: refused(`a ${kind} belongs to no project: leave this out`) }).transform(
        ({ project: _, ...metadata }) => ({ ...metadata, project: null }),
      );
}

export interface WrittenMetadata {
  name: string;
  project?: string | null | undefined;
  labels?: Record<string, string> | null | undefined;
  annotations?: Record<string, string> | null | undefined;
}

export function renderMetadata({ name, project, labels, annotations }: ManifestMetadata): WrittenMetadata {
  return {
    name,
    ...(project === null ? {} : { project }),
    ...(Object.keys(labels).length === 0 ? {} : { labels: { ...labels } }),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations: { ...annotations } }),
  };
}
