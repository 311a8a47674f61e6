import { type Clock, systemClock } from '@signalbox/runtime';
import type { Handle } from './database.ts';
import { translated } from './errors.ts';
import { leaseRepository } from './repositories/leases.ts';

export interface LeaseOptions {
  name: string;
  holder: string;
  ttlMs: number;
  clock?: Clock;
}

export type LeaseOutcome<T> = { kind: 'done'; value: T } | { kind: 'heldByOther' };

/**
 * Runs `work` while holding the lease, renewed every third of its time. `lost` aborts when it could not be renewed
 * before it ran out, or someone else has it: `work` must stop, for another holder may have begun.
 */
export async function withLease<T>(
  handle: Handle,
  options: LeaseOptions,
  work: (lost: AbortSignal) => Promise<T>,
): Promise<LeaseOutcome<T>> {
  const { name, holder, ttlMs, clock = systemClock } = options;
  const leases = leaseRepository(handle);
  const acquired = await leases.acquire({ name, holder, now: clock.now(), ttlMs }).catch(rethrow);
  if (!acquired) return { kind: 'heldByOther' };
  const lost = new AbortController();
  const finished = new AbortController();
  const renewing = keepRenewed();
  try {
    return { kind: 'done', value: await work(lost.signal) };
  } finally {
    finished.abort();
    await renewing;
    // When this fails the lease runs out by itself.
    if (!lost.signal.aborted) await leases.release(name, holder).catch(() => undefined);
  }

  async function keepRenewed(): Promise<void> {
    let expiresAt = clock.now() + ttlMs;
    while (!finished.signal.aborted) {
      await clock.sleep(Math.min(ttlMs / 3, Math.max(expiresAt - clock.now(), 0)), finished.signal);
      if (finished.signal.aborted) return;
      const now = clock.now();
      const outcome = await leases.renew({ name, holder, now, ttlMs }).catch(() => 'unknown' as const);
      if (outcome === true) expiresAt = now + ttlMs;
      if (outcome === false || clock.now() >= expiresAt) return lost.abort();
    }
  }
}

function rethrow(error: unknown): never {
  throw translated(error);
}
