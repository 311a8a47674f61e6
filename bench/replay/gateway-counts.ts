import type { Tally } from './tally.ts';

/** What gateways counted per revision, from their `/metrics`. */
export interface RevisionCounts {
  /** Attempts at replicas, however they ended. */
  attempts: number;
  errors: number;
  /** Attempts that failed before the first byte and were answered by another replica: no caller saw them. */
  rescued: number;
}

export interface GatewayCounts {
  revisions: ReadonlyMap<string, RevisionCounts>;
  refused: ReadonlyMap<string, number>;
  retries: number;
}

const line = /^(signalbox_gateway_\w+)(?:\{(.*)\})? (\S+)$/;

/** Sums one route over the `/metrics` pages of all gateways. */
export function readGatewayCounts(pages: readonly string[], route: string): GatewayCounts {
  const revisions = new Map<string, RevisionCounts>();
  const refused = new Map<string, number>();
  let retries = 0;
  for (const text of pages.flatMap((page) => page.split('\n'))) {
    const [, name, labelText = '', value] = line.exec(text) ?? [];
    const labels = labelsOf(labelText);
    const count = Number(value);
    if (name === 'signalbox_gateway_upstream_retries_total') retries += count;
    if (name === 'signalbox_gateway_refused_total') add(refused, labels.get('code') ?? '', count);
    if (labels.get('route') !== route) continue;
    const revision = labels.get('revision') ?? '';
    const known = revisions.get(revision) ?? { attempts: 0, errors: 0, rescued: 0 };
    if (name === 'signalbox_gateway_requests_total') known.attempts += count;
    if (name === 'signalbox_gateway_requests_total' && labels.get('outcome') === 'error') known.errors += count;
    if (name === 'signalbox_gateway_rescued_total') known.rescued += count;
    revisions.set(revision, known);
  }
  return { revisions, refused, retries };
}

export interface CheckedRevision {
  revision: string;
  gateways: number;
  callers: number;
  rescued: number;
  agree: boolean;
}

/** A caller has an answer of a revision for each of its attempts, except for those that another replica made good. */
export function crossCheck(before: GatewayCounts, after: GatewayCounts, seen: Tally): CheckedRevision[] {
  const callers = new Map(seen.revisions.map((row) => [row.revision, row.served + row.cutByKill + row.failed]));
  const names = new Set([...after.revisions.keys(), ...callers.keys()]);
  return [...names].sort().flatMap((revision) => {
    const now = after.revisions.get(revision) ?? none;
    const then = before.revisions.get(revision) ?? none;
    const rescued = now.rescued - then.rescued;
    const gateways = now.attempts - then.attempts - rescued;
    const answers = callers.get(revision) ?? 0;
    return gateways === 0 && answers === 0 && rescued === 0
      ? []
      : [{ revision, gateways, callers: answers, rescued, agree: gateways === answers }];
  });
}

const none: RevisionCounts = { attempts: 0, errors: 0, rescued: 0 };

function labelsOf(text: string): Map<string, string> {
  return new Map([...text.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]));
}

function add(counts: Map<string, number>, key: string, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}
