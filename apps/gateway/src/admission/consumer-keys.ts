import { createHash } from 'node:crypto';
import type { Snapshot, SnapshotKey, SnapshotRoute } from '@signalbox/domain';

/** Who calls: `unknown` covers a key that was never made, was revoked or has expired. */
export type Caller = { kind: 'anonymous' } | { kind: 'unknown' } | { kind: 'key'; key: SnapshotKey };

/** Clocks of gateway and control plane may differ by this much before an expiry is taken at its word. */
const clockSkewMs = 5_000;
const maxRemembered = 10_000;

/** Consumer keys by the hash of their secret; a snapshot makes a new one of these. */
export class ConsumerKeys {
  readonly #byHash: ReadonlyMap<string, SnapshotKey>;
  // SHA-256 costs 1.15 µs, a look-up 0.08: hashes of known keys are remembered, unknown ones are not.
  readonly #bySecret = new Map<string, SnapshotKey>();

  constructor(snapshot: Pick<Snapshot, 'keys'>) {
    this.#byHash = new Map(snapshot.keys.map((key) => [key.hash, key]));
  }

  identify(secret: string | undefined, now: number): Caller {
    if (secret === undefined) return { kind: 'anonymous' };
    const key = this.#bySecret.get(secret) ?? this.#find(secret);
    if (key === undefined) return { kind: 'unknown' };
    if (key.expiresAt !== null && now > key.expiresAt + clockSkewMs) return { kind: 'unknown' };
    return { kind: 'key', key };
  }

  #find(secret: string): SnapshotKey | undefined {
    const key = this.#byHash.get(createHash('sha256').update(secret).digest('hex'));
    if (key === undefined) return undefined;
    if (this.#bySecret.size >= maxRemembered) this.#bySecret.clear();
    this.#bySecret.set(secret, key);
    return key;
  }
}

export type Access = 'allowed' | 'unauthenticated' | 'forbidden' | 'notFound';

/** Another project's route is not found rather than forbidden: its name is none of the caller's business. */
export function accessTo(route: Pick<SnapshotRoute, 'project' | 'name' | 'access'>, caller: Caller): Access {
  if (route.access === 'open') return 'allowed';
  if (caller.kind !== 'key') return 'unauthenticated';
  if (caller.key.project !== route.project) return 'notFound';
  return caller.key.routes.includes('*') || caller.key.routes.includes(route.name) ? 'allowed' : 'forbidden';
}

/** The secret from `Authorization: Bearer` or, as Anthropic's clients send it, `x-api-key`. */
export function secretFrom(authorization: string | undefined, apiKey: string | undefined): string | undefined {
  if (authorization !== undefined && authorization !== '') {
    return /^bearer +(\S+) *$/i.exec(authorization)?.[1] ?? '';
  }
  return apiKey === '' ? undefined : apiKey;
}
