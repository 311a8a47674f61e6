import type { GatewayReportAnswer } from '../gateways/gateway-report.ts';
import type { LimitSpec } from './limit.ts';
import { type KnownUse, knownUse, type LimitUses } from './limit-uses.ts';
import { shareOut } from './share-out.ts';

/** A gateway, or a worker of one: those share their gateway's parts as gateways share the whole. */
export interface SharingGateway {
  id: string;
  uses: LimitUses;
  /** `serving` takes new requests, `draining` finishes what it has, `silent` was not heard from of late. */
  state: 'serving' | 'draining' | 'silent';
}

export interface LimitShares {
  answer: GatewayReportAnswer;
  /** What is known of the gateway once it was sent that answer. */
  uses: LimitUses;
}

/** A smaller change is none: neither worth an answer nor a write. */
const PARTS = 10_000;
/** 0.9999999999 is 1 in binary fractions. */
const ROUNDING = 1e-6;

/**
 * The part of each limit that one of these gateways may give out from now on. Every API process has the same rows in
 * the same order, and so comes to the same shares. `limitOf` is undefined for a limit that there is no more.
 */
export function limitSharesOf(
  id: string,
  all: readonly SharingGateway[],
  limitOf: (limit: string) => LimitSpec | undefined,
): LimitShares | undefined {
  const sharing = all.filter(({ state }) => state === 'serving');
  const own = sharing.findIndex((gateway) => gateway.id === id);
  const uses = sharing[own]?.uses;
  if (uses === undefined) return undefined;
  const gone = all.filter(({ state }) => state !== 'serving');
  const shares: Record<string, number> = {};
  const limits: Record<string, KnownUse> = {};
  for (const limit of limitsIn(sharing)) {
    const spec = limitOf(limit);
    if (spec === undefined) continue;
    const parts = partsOf(spec.amount, usedByGone(limit, spec, gone), limit, sharing);
    // Rounded down: all parts together stay one whole at most.
    const sent = Math.floor((parts[own] ?? 0) * PARTS + ROUNDING) / PARTS;
    const known = knownUse(uses, limit);
    if (sent !== known.share) shares[limit] = sent;
    limits[limit] = { ...known, sent };
  }
  const gateways = sharing.length;
  return { answer: { shares, gateways }, uses: { others: 1 / gateways, limits } };
}

/** Parts of the whole limit, although only what is left of it is there to share. */
function partsOf(amount: number, used: number, limit: string, sharing: readonly SharingGateway[]): readonly number[] {
  const left = amount - used;
  if (left <= 0) return sharing.map(() => 0);
  const holders = sharing.map(({ uses }) => {
    const { held, wanted, share, sent } = knownUse(uses, limit);
    return { held, wanted, share: (Math.max(share, sent) * amount) / left };
  });
  return shareOut(left, holders).map((part) => (part * left) / amount);
}

/** What was used counts for a while after its gateway is gone; what was in flight there is not any more. */
function usedByGone(limit: string, { of }: LimitSpec, gone: readonly SharingGateway[]): number {
  const counting = gone.filter(({ state }) => of !== 'concurrency' || state === 'draining');
  return counting.reduce((sum, { uses }) => sum + knownUse(uses, limit).held, 0);
}

function limitsIn(sharing: readonly SharingGateway[]): readonly string[] {
  return [...new Set(sharing.flatMap(({ uses }) => Object.keys(uses.limits)))].sort();
}
