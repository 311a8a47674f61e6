import { expect, test } from '@jest/globals';
import { type LimitUse, shareOut } from '@signalbox/domain';
import { seededRandom } from '../../../../../packages/testkit/src/simulated-engine/engine/random.ts';
import { Buckets } from './buckets.ts';
import { busiestMinute, SimulatedCallers, totalUsed, type Used } from './simulated-callers.fixture.ts';
import { TokenEstimate } from './token-estimate.ts';

const seconds = 600;
const stepMs = 50;
const tokensPerMinute = 300_000;
const meanTokens = 660;
/** Twice what the limit allows, from one side and then from another. */
const demand = 2;

class SharedGateway {
  readonly buckets = new Buckets({ share: 1 / 3 });
  readonly callers: SimulatedCallers;
  wanted = 0;
  /** What it may be acting on: the larger of what it reported and what was sent to it. */
  share = 1 / 3;

  constructor(seed: number, used: Used) {
    const limits = this.buckets.of([{ id: 'tpm', of: 'tokens', per: 'minute', amount: tokensPerMinute }]);
    this.callers = new SimulatedCallers({
      limits,
      estimate: new TokenEstimate(),
      random: seededRandom(seed),
      used,
    });
  }
}

/** Once a second: they report, the shares are made of it, and each hears of its own a second later. */
function shareAmong(gateways: readonly SharedGateway[], now: number, pending: (number | undefined)[]): void {
  gateways.forEach((gateway, at) => {
    const sent = pending[at];
    if (sent !== undefined) gateway.buckets.setShares(new Map([['tpm', sent]]));
  });
  const uses: LimitUse[] = gateways.map((gateway, at) => {
    const [use] = gateway.buckets.uses(now);
    gateway.wanted += ((use?.wanted ?? 0) - gateway.wanted) * 0.3;
    gateway.share = Math.max(use?.share ?? gateway.share, pending[at] ?? 0);
    return { held: use?.held ?? 0, wanted: gateway.wanted, share: gateway.share };
  });
  shareOut(tokensPerMinute, uses).forEach((share, at) => {
    pending[at] = share;
  });
}

test.each<{ name: string; away: (second: number) => boolean; seed: number; atLeast: number }>([
  { name: 'with the control plane there', away: () => false, seed: 1, atLeast: 0.9 },
  { name: 'with the control plane away half of the time', away: (s) => s > 100 && s < 400, seed: 5, atLeast: 0.6 },
])('three gateways share a limit, the load moves from one to another: $name', ({ away, seed, atLeast }) => {
  const used: Used = new Map();
  const gateways = [0, 1, 2].map((at) => new SharedGateway(seed * 10 + at, used));
  const pending: (number | undefined)[] = [];
  for (let now = 0; now < (seconds + 60) * 1_000; now += stepMs) {
    const second = Math.floor(now / 1_000);
    if (now % 1_000 === 0 && !away(second)) shareAmong(gateways, now, pending);
    const parts = second < 200 ? [0.8, 0.15, 0.05] : second < 420 ? [0.05, 0.15, 0.8] : [0.4, 0.2, 0.4];
    const expected = second >= seconds ? 0 : (demand * tokensPerMinute * stepMs) / 60_000 / meanTokens;
    gateways.forEach(({ callers }, at) => {
      callers.step(now, expected * (parts[at] ?? 0));
    });
  }
  const busiest = busiestMinute(used, seconds) / tokensPerMinute;
  const mean = totalUsed(used, seconds) / (tokensPerMinute * (seconds / 60));
  expect([seed, busiest <= 1.02, mean >= atLeast]).toEqual([seed, true, true]);
});
