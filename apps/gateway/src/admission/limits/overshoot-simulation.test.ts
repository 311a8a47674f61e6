import { expect, test } from '@jest/globals';
import { seededRandom } from '../../../../../packages/testkit/src/simulated-engine/engine/random.ts';
import { Buckets } from './buckets.ts';
import { busiestMinute, SimulatedCallers, totalUsed, type Used } from './simulated-callers.fixture.ts';
import { TokenEstimate } from './token-estimate.ts';

const seconds = 600;
const stepMs = 50;
/** Mean use of a request of the simulated callers, in tokens; demand is told in multiples of the limit. */
const meanTokens = 660;

// Tokens count by the second in which their request was let in; each minute is looked at, wherever it begins.
test.each([
  { tokensPerMinute: 100_000, demand: 1.5, streams: true, seed: 1 },
  { tokensPerMinute: 100_000, demand: 4, streams: true, seed: 2 },
  { tokensPerMinute: 1_000_000, demand: 2, streams: true, seed: 3 },
  { tokensPerMinute: 100_000, demand: 4, streams: false, seed: 4 },
])(
  '$tokensPerMinute tokens a minute, $demand times the demand, streams $streams: no minute over 102 %, 90 % used',
  (scenario) => {
    const { tokensPerMinute, demand, streams, seed } = scenario;
    const used: Used = new Map();
    const callers = new SimulatedCallers({
      limits: new Buckets().of([{ id: 'tpm', of: 'tokens', per: 'minute', amount: tokensPerMinute }]),
      estimate: new TokenEstimate(),
      random: seededRandom(seed),
      used,
      streams,
    });
    const expected = (demand * tokensPerMinute * stepMs) / 60_000 / meanTokens;
    for (let now = 0; now < (seconds + 60) * 1_000; now += stepMs)
      callers.step(now, now < seconds * 1_000 ? expected : 0);
    const busiest = busiestMinute(used, seconds) / tokensPerMinute;
    const mean = totalUsed(used, seconds) / (tokensPerMinute * (seconds / 60));
    expect([seed, callers.refused > 0, busiest <= 1.02, mean >= 0.9]).toEqual([seed, true, true, true]);
  },
);
