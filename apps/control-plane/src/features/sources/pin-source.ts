import { assertNever, type PinnedSource, type WrittenSource } from '@signalbox/domain';
import { hashFolder, UnhashableFolder } from './hash-folder.ts';
import { isCommit, type SourceResolver } from './source-resolver.ts';

export type Pinning =
  | { kind: 'pinned'; source: PinnedSource }
  /** `path` is relative to the manifest's `spec.source`. */
  | { kind: 'unresolved'; path: string; detail: string };

const digestPattern = /^sha256:[0-9a-f]{64}$/;

/** Once, when a version is registered: from here on the same words always fetch the same bytes. */
export async function pinSource(source: WrittenSource, resolver: SourceResolver): Promise<Pinning> {
  switch (source.kind) {
    case 'huggingFace':
      return pinHuggingFace(source, resolver);
    case 'oci':
      return pinOci(source.reference);
    case 'objectStore':
    case 'volumeClaim':
      return pinGiven(source);
    case 'localPath':
      return pinLocalPath(source.path);
    default:
      return assertNever(source);
  }
}

type Written<Kind extends WrittenSource['kind']> = Extract<WrittenSource, { kind: Kind }>;

async function pinHuggingFace(
  { repo, revision, secret }: Written<'huggingFace'>,
  resolver: SourceResolver,
): Promise<Pinning> {
  const pinned = (commit: string): Pinning => ({
    kind: 'pinned',
    source: { kind: 'huggingFace', repo, commit, secret },
  });
  if (isCommit(revision)) return pinned(revision);
  const resolution = await resolver.resolveHuggingFace(repo, revision);
  if (resolution.kind === 'resolved') return pinned(resolution.commit);
  const detail = `“${revision}” moves and could not be resolved: ${resolution.because}. Write the commit (40 hex digits) instead.`;
  return { kind: 'unresolved', path: 'huggingFace.revision', detail };
}

function pinOci(reference: string): Pinning {
  const [name, digest] = reference.split('@');
  if (name !== undefined && digest !== undefined && digestPattern.test(digest)) {
    return { kind: 'pinned', source: { kind: 'oci', reference: name, digest } };
  }
  const detail = `${reference} has no digest, and tags move. Write ${(name ?? '').replace(/:[^/:]*$/, '')}@sha256:<digest>.`;
  return { kind: 'unresolved', path: 'oci.reference', detail };
}

function pinGiven(source: Written<'objectStore'> | Written<'volumeClaim'>): Pinning {
  const { digest } = source;
  if (digest !== null && digestPattern.test(digest)) return { kind: 'pinned', source: { ...source, digest } };
  const place = source.kind === 'objectStore' ? source.uri : `${source.claim}/${source.path}`;
  const detail = `Signalbox cannot read ${place} itself. Give its digest as sha256:<64 hex digits>.`;
  return { kind: 'unresolved', path: `${source.kind}.digest`, detail };
}

async function pinLocalPath(path: string): Promise<Pinning> {
  try {
    return { kind: 'pinned', source: { kind: 'localPath', path, digest: await hashFolder(path) } };
  } catch (error) {
    return { kind: 'unresolved', path: 'localPath', detail: whyUnreadable(path, error) };
  }
}

function whyUnreadable(path: string, error: unknown): string {
  if (error instanceof UnhashableFolder) return `${error.message}.`;
  const { code } = error as { code?: unknown };
  if (code === 'ENOENT') return `there is no ${path} on the control plane’s machine.`;
  if (code === 'EACCES' || code === 'EPERM') return `the control plane may not read ${path}.`;
  return `${path} could not be read (${typeof code === 'string' ? code : 'unknown error'}).`;
}
