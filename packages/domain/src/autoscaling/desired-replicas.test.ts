import { describe, expect, test } from '@jest/globals';
import { at, SECOND_MS } from '../../../testkit/src/builders/index.ts';
import type { ScalingSpec } from '../deployments/deployment-spec.ts';
import { type DemandSample, type DesiredReplicas, desiredReplicas } from './desired-replicas.ts';

const scaling: ScalingSpec = {
  min: 2,
  max: 8,
  targetInFlight: 10,
  scaleUpWindowMs: 30 * SECOND_MS,
  scaleDownWindowMs: 300 * SECOND_MS,
};
const now = at('12:00');

/** In flight, second by second; each stretch lasts so many seconds, and the last one ends now. */
function demand(...stretches: readonly (readonly [inFlight: number | null | 'unseen', seconds: number])[]) {
  const values = stretches.flatMap(([inFlight, seconds]) => Array.from({ length: seconds }, () => inFlight));
  const first = now - (values.length - 1) * SECOND_MS;
  return values.flatMap((inFlight, i): DemandSample[] =>
    inFlight === 'unseen' ? [] : [{ at: first + i * SECOND_MS, inFlight }],
  );
}

describe('the replicas that traffic needs', () => {
  test.each<{
    name: string;
    samples: readonly DemandSample[];
    current?: number | null;
    override?: number;
    scaling?: Partial<ScalingSpec>;
    want: number;
    reason?: DesiredReplicas['reason'];
  }>([
    { name: 'are the least the spec allows before anything ran', samples: demand([90, 600]), current: null, want: 2 },
    { name: 'stay as they are while nothing was seen', samples: [], want: 4, reason: 'enough' },
    { name: 'stay as they are at their target', samples: demand([40, 600]), want: 4, reason: 'enough' },
    {
      name: 'rise when more are needed throughout the up window',
      samples: demand([40, 600], [55, 31]),
      want: 6,
      reason: '6 needed throughout the up window',
    },
    { name: 'do not rise for a peak shorter than the up window', samples: demand([40, 600], [80, 29]), want: 4 },
    {
      name: 'rise to the lowest need of the up window, not to its peak',
      samples: demand([40, 600], [80, 15], [51, 16]),
      want: 6,
    },
    {
      name: 'rise at once where there is no up window',
      samples: demand([40, 600], [70, 1]),
      scaling: { scaleUpWindowMs: 0 },
      want: 7,
    },
    { name: 'rise no further than the spec allows', samples: demand([900, 600]), want: 8 },
    {
      name: 'fall when fewer are needed throughout the down window',
      samples: demand([15, 600]),
      want: 2,
      reason: 'at most 2 needed in the down window',
    },
    { name: 'do not fall in a lull shorter than the down window', samples: demand([40, 600], [0, 299]), want: 4 },
    {
      name: 'fall to the highest need of the down window',
      samples: demand([40, 600], [5, 150], [25, 1], [5, 150]),
      want: 3,
    },
    { name: 'fall no further than the spec allows', samples: demand([0, 600]), want: 2 },
    { name: 'fall to none where the spec allows it', samples: demand([0, 600]), scaling: { min: 0 }, want: 0 },
    {
      name: 'do not fall when a gateway was silent for a second: unknown never scales down',
      samples: demand([0, 200], [null, 1], [0, 200]),
      want: 4,
    },
    { name: 'do not fall when every gateway is silent', samples: demand([40, 600], [null, 400]), want: 4 },
    { name: 'do not fall before the down window was seen whole', samples: demand([0, 299]), want: 4 },
    {
      name: 'do not fall when nobody looked for a while within the down window',
      samples: demand([40, 300], ['unseen', 290], [0, 20]),
      want: 4,
    },
    {
      name: 'do not fall when nobody has looked lately',
      samples: demand([0, 600], ['unseen', 20]),
      want: 4,
    },
    {
      name: 'fall although one second was missed',
      samples: demand([0, 200], ['unseen', 1], [0, 200]),
      want: 2,
    },
    {
      name: 'rise while an older part of the down window is unknown',
      samples: demand([null, 100], [70, 60]),
      want: 7,
    },
    {
      name: 'do not rise when a gateway was silent within the up window',
      samples: demand([70, 60], [null, 1], [70, 10]),
      want: 4,
    },
    {
      name: 'are raised to what the spec now demands',
      samples: [],
      current: 1,
      want: 2,
      reason: 'the spec bounds it',
    },
    {
      name: 'are lowered to what the spec now allows',
      samples: [],
      current: 20,
      want: 8,
      reason: 'the spec bounds it',
    },
    {
      name: 'are what was set by hand, beyond the spec’s bounds too',
      samples: demand([0, 600]),
      override: 11,
      want: 11,
      reason: 'set by hand',
    },
    { name: 'are none when that was set by hand', samples: demand([90, 600]), override: 0, want: 0 },
  ])('$name', ({ samples, current = 4, override = null, scaling: change, want, reason }) => {
    const desired = desiredReplicas({ scaling: { ...scaling, ...change }, current, override, samples, now });
    expect(desired.replicas).toBe(want);
    if (reason !== undefined) expect(desired.reason).toBe(reason);
  });
});
