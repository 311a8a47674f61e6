import type { PinnedSource, SecretEnv, WeightsMount } from '@signalbox/domain';
import { assertNever } from '@signalbox/domain';

/** Where an engine finds its model: by name on a hub, by address in a bucket, or as a folder. */
export interface LocatedWeights {
  from: 'hub' | 'bucket' | 'folder';
  /** What goes on the command line as the model. */
  model: string;
  /** The commit that pins a hub's repository. */
  commit: string | null;
  mount: WeightsMount;
  secretEnv: readonly SecretEnv[];
}

const mountPath = '/models/weights';

/**
 * `cachePath` is the folder in the engine's image that is worth keeping between starts. Secrets are named, never
 * read: of a hub's secret the key `HF_TOKEN`, of a bucket's the keys of the two AWS variables.
 */
export function locateWeights(source: PinnedSource, cachePath: string): LocatedWeights {
  switch (source.kind) {
    case 'huggingFace':
      return {
        ...hubOrBucket('hub', source.repo, source.secret, cachePath, ['HF_TOKEN']),
        commit: source.commit,
      };
    case 'objectStore':
      return hubOrBucket('bucket', source.uri, source.secret, cachePath, [
        'AWS_ACCESS_KEY_ID',
        'AWS_SECRET_ACCESS_KEY',
      ]);
    case 'oci':
      return folder(mountPath, { kind: 'image', image: pinned(source.reference, source.digest), mountPath });
    case 'volumeClaim':
      return folder(mountPath, { kind: 'volumeClaim', claim: source.claim, path: source.path, mountPath });
    case 'localPath':
      return folder(source.path, { kind: 'path', path: source.path });
    default:
      return assertNever(source);
  }
}

function hubOrBucket(
  from: 'hub' | 'bucket',
  model: string,
  secret: string | null,
  cachePath: string,
  keys: readonly string[],
): LocatedWeights {
  const secretEnv = secret === null ? [] : keys.map((key) => ({ name: key, secret, key }));
  return { from, model, commit: null, mount: { kind: 'download', cachePath, secret }, secretEnv };
}

function folder(model: string, mount: WeightsMount): LocatedWeights {
  return { from: 'folder', model, commit: null, mount, secretEnv: [] };
}

/** The digest takes the place of a tag; a colon in the host part is a port. */
function pinned(reference: string, digest: string): string {
  return `${reference.replace(/@.*$/, '').replace(/:[^/:]*$/, '')}@${digest}`;
}
