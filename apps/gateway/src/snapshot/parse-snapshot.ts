import { createHash } from 'node:crypto';
import { canonicalJson, snapshotSchema } from '@signalbox/contracts';
import type { Snapshot } from '@signalbox/domain';
import { parseJson } from '../parse-json.ts';

export type ParsedSnapshot = { kind: 'valid'; snapshot: Snapshot } | { kind: 'invalid'; because: string };

/**
 * Reads a snapshot from the wire or from disk. The hash is taken over the document as it was sent, not over what
 * the schema keeps of it: a newer control plane may send fields that this gateway does not know.
 */
export function parseSnapshot(text: string): ParsedSnapshot {
  const document = parseJson(text);
  if (document === undefined) return { kind: 'invalid', because: 'it is not JSON' };
  const parsed = snapshotSchema.safeParse(document);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return { kind: 'invalid', because: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not valid'}` };
  }
  const { routes, keys } = document as { routes: unknown; keys: unknown };
  if (snapshotHash(routes, keys) !== parsed.data.hash)
    return { kind: 'invalid', because: 'its hash does not match its content' };
  return namesAreUnique(parsed.data);
}

export function snapshotHash(routes: unknown, keys: unknown): string {
  return createHash('sha256').update(canonicalJson({ routes, keys })).digest('hex');
}

function namesAreUnique(snapshot: Snapshot): ParsedSnapshot {
  const names = new Set(snapshot.routes.map((route) => route.name));
  if (names.size === snapshot.routes.length) return { kind: 'valid', snapshot };
  return { kind: 'invalid', because: 'two routes have the same name' };
}
