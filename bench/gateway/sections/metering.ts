import { join } from 'node:path';
import { runMetering } from '../../../apps/gateway/src/usage/metering/metering-run.fixture.ts';
import { startGatewayProcess } from '../rig/gateway-process.ts';
import { meteringResult } from './metering-result.ts';
import type { Section } from './section.ts';

const [allCalls, fewCalls] = [100_000, 3_000];
const seed = 1;

export const metering: Section = {
  name: 'metering',
  title:
    "100,000 mixed requests with aborts, retries, lost answers and kill -9: every token held against the engines' count",
  contenders: [],
  run: async ({ quick, folder, progress }) => {
    const run = await runMetering({
      calls: quick ? fewCalls : allCalls,
      seed,
      concurrency: 64,
      kills: quick ? 1 : 5,
      startGateway: (controlPlaneUrl) => startGatewayProcess({ folder: join(folder, 'metering'), controlPlaneUrl }),
      progress,
    });
    return meteringResult(run);
  },
};
