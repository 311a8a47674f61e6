import { latency } from './latency.ts';
import { limitsAndOverload } from './limits.ts';
import { longPrompts } from './long-prompts.ts';
import { metering } from './metering.ts';
import { openStreams } from './open-streams.ts';
import { picking } from './picking.ts';
import { replicaLoss } from './replica-loss.ts';
import { rollingRestarts } from './rolling-restarts.ts';
import { saturation } from './saturation.ts';
import type { Section } from './section.ts';
import { streams } from './streams.ts';
import { throughput } from './throughput.ts';

/** In the order of the table. */
export const sections: readonly Section[] = [
  throughput,
  latency,
  streams,
  saturation,
  openStreams,
  longPrompts,
  picking,
  replicaLoss,
  rollingRestarts,
  metering,
  limitsAndOverload,
];
