import type { Resource } from '../kinds/kinds.ts';

/** A resource as someone would have written it: what only the control plane knows is left out. */
export function asManifest({ apiVersion, kind, metadata, spec }: Resource): Record<string, unknown> {
  const { name, project, labels, annotations } = metadata;
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(project === null ? {} : { project }),
      ...(Object.keys(labels).length === 0 ? {} : { labels }),
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    },
    spec,
  };
}
