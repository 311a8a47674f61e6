import type { SnapshotIdentity } from '../snapshot/fence.ts';

interface Numbered {
  sequence: number;
  text: string;
  identity: SnapshotIdentity;
}

/** The snapshots on their way to the workers: what the newest is, and which one all of them serve by. */
export class SnapshotsOut {
  #newest: Numbered | undefined;
  /** Also of former ones, as long as a worker may still serve by them. */
  readonly #identities = new Map<number, SnapshotIdentity>();
  #servedByAll: number | undefined;

  get newest(): Numbered | undefined {
    return this.#newest;
  }

  get applied(): SnapshotIdentity | undefined {
    return this.#servedByAll === undefined ? undefined : this.#identities.get(this.#servedByAll);
  }

  add(identity: SnapshotIdentity, text: string): Numbered {
    const { epoch, number, hash } = identity;
    const sequence = (this.#newest?.sequence ?? 0) + 1;
    this.#identities.set(sequence, { epoch, number, hash });
    this.#newest = { sequence, text, identity };
    return this.#newest;
  }

  /** `applied` are those of all workers with requests. With no worker at all, what was said last still stands. */
  update(applied: readonly (number | undefined)[]): 'changed' | 'same' {
    if (applied.length === 0) return 'same';
    const oldest = Math.min(...applied.map((sequence) => sequence ?? 0));
    if (oldest === 0 || oldest === this.#servedByAll) return 'same';
    this.#servedByAll = oldest;
    for (const sequence of this.#identities.keys()) if (sequence < oldest) this.#identities.delete(sequence);
    return 'changed';
  }
}
