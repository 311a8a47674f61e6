import { type LimitPeriod, type PastUse, UseOverTime } from './use-over-time.ts';

/** What was used of one limit, and when: a gateway's memory of itself. */
export interface UsedLimit {
  id: string;
  per: LimitPeriod;
  used: readonly PastUse[];
}

/** By the ids of limits. */
export type UsesOverTime = Map<string, UseOverTime>;

/** Of several processes, or of a gateway before and after it was started anew. */
export function usedLimitsOf(uses: Iterable<UsesOverTime>, now: number): UsedLimit[] {
  const all = new Map<string, { per: LimitPeriod; used: PastUse[] }>();
  for (const each of uses) {
    for (const [id, use] of each) {
      const past = use.past(now);
      const known = all.get(id);
      if (known?.per === use.per) known.used.push(...past);
      else if (past.length > 0) all.set(id, { per: use.per, used: past });
    }
  }
  return Array.from(all, ([id, { per, used }]) => ({ id, per, used }));
}

export function usesOverTime(limits: readonly UsedLimit[], now: number): UsesOverTime {
  return new Map(limits.map(({ id, per, used }) => [id, UseOverTime.of(per, used, now)]));
}
