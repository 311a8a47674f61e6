import type { RevisionCounts } from '@signalbox/domain';

export function addCounts(a: RevisionCounts, b: RevisionCounts): RevisionCounts {
  const longer = Math.max(a.ttftCounts.length, b.ttftCounts.length);
  return {
    requests: a.requests + b.requests,
    errors: a.errors + b.errors,
    rescued: a.rescued + b.rescued,
    cancelled: a.cancelled + b.cancelled,
    ttftCounts: Array.from({ length: longer }, (_, i) => (a.ttftCounts[i] ?? 0) + (b.ttftCounts[i] ?? 0)),
  };
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** One sum per revision: two routes may lead to the same one. What is no id of ours is left out. */
export function addedByRevision(
  deltas: readonly { revisionId: string; counts: RevisionCounts }[],
): readonly { id: string; counts: RevisionCounts }[] {
  const sums = new Map<string, RevisionCounts>();
  for (const { revisionId, counts } of deltas) {
    if (!uuid.test(revisionId)) continue;
    const sum = sums.get(revisionId);
    sums.set(revisionId, sum === undefined ? counts : addCounts(sum, counts));
  }
  return [...sums].map(([id, counts]) => ({ id, counts }));
}
