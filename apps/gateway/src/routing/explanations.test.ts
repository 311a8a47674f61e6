import { describe, expect, test } from '@jest/globals';
import type { RoutingDecision } from '@signalbox/domain';
import { Explanations } from './explanations.ts';

const decision: RoutingDecision = {
  deployment: 'chat',
  revision: 1,
  revisionBy: 'split',
  replicaId: 'r-1',
  tier: 0,
  scorers: [],
  candidates: [],
  filtered: [],
  unlisted: 0,
};

function explanations(known: (requestId: string) => RoutingDecision[] = () => [decision]) {
  const clock = { ms: 0 };
  const made = new Explanations({ decisions: { explain: known }, now: () => clock.ms });
  const sent = (times: number, isAsked = false): number =>
    Array.from({ length: times }, () => made.whenSent({ requestId: 'r', isAsked })).filter((it) => it !== undefined)
      .length;
  const troubled = (times: number): number =>
    Array.from({ length: times }, () => made.whenTroubled('r')).filter((it) => it !== undefined).length;
  return { clock, made, sent, troubled };
}

describe('whose routing is kept', () => {
  test('that of all requests of a gateway with little to do', () => {
    const { clock, sent } = explanations();
    let kept = 0;
    for (let second = 0; second < 60; second++) {
      clock.ms += 1_000;
      kept += sent(10);
    }
    expect(kept).toBe(600);
  });

  test('ten a second, and a hundred in advance, of a busy one', () => {
    const { clock, sent } = explanations();
    expect(sent(1_000)).toBe(100);
    clock.ms += 1_000;
    expect(sent(1_000)).toBe(10);
    clock.ms += 3_600_000;
    expect(sent(1_000)).toBe(100);
  });

  test('as many besides of those that callers ask about, and of those that went wrong', () => {
    const { sent, troubled } = explanations();
    sent(1_000);
    expect(sent(1_000, true)).toBe(100);
    expect(sent(1_000, true)).toBe(0);
    expect(troubled(1_000)).toBe(100);
  });

  test('not what is no longer remembered', () => {
    const { made } = explanations(() => []);
    expect(made.whenSent({ requestId: 'r', isAsked: true })).toBeUndefined();
    expect(made.whenTroubled('r')).toBeUndefined();
  });
});
