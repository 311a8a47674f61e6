import type { GatewayReportAnswer, LimitUses } from '@signalbox/domain';

export interface SharingGateway {
  id: string;
  uses: LimitUses;
}

/** Shares of four digits: what changes less is no change. */
const PARTS = 10_000;

/**
 * The part of each limit that one of these gateways may give out, by how much each of them uses. Every API process
 * has the same rows, in the same order, and so comes to the same shares.
 */
export function limitSharesOf(id: string, sharing: readonly SharingGateway[]): GatewayReportAnswer | undefined {
  const own = sharing.findIndex((gateway) => gateway.id === id);
  if (own < 0) return undefined;
  const limits = new Set(sharing.flatMap(({ uses }) => Object.keys(uses)));
  const shares = [...limits].sort().map((limit) => {
    const parts = shareOut(
      1,
      sharing.map(({ uses }) => uses[limit] ?? 0),
    );
    return [limit, Math.max(1, Math.floor((parts[own] ?? 0) * PARTS)) / PARTS] as const;
  });
  return { shares: Object.fromEntries(shares), gateways: sharing.length };
}

function shareOut(total: number, uses: readonly number[]): readonly number[] {
  const sum = uses.reduce((all, use) => all + use, 0);
  const even = total / uses.length;
  return uses.map((use) => even * 0.2 + (sum === 0 ? even : (use / sum) * total) * 0.8);
}
