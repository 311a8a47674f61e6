import { join } from 'node:path';
import { type MeteringRun, runMetering } from '../../../apps/gateway/src/usage/metering/metering-run.fixture.ts';
import { startGatewayProcess } from '../rig/gateway-process.ts';
import { meteringResult } from './metering-result.ts';
import type { Section } from './section.ts';

const seed = 1;

export const metering: Section = {
  name: 'metering',
  title: "100,000 mixed requests with aborts, retries, lost answers and kill -9, held against the engines' own count",
  contenders: [],
  run: async ({ quick, folder, progress }) => {
    const measure = (calls: number, kills: number, workers: number): Promise<MeteringRun> =>
      runMetering({
        ...{ calls, kills, seed, concurrency: 64, progress },
        startGateway: (controlPlaneUrl) =>
          startGatewayProcess({ folder: join(folder, `metering-${workers}`), controlPlaneUrl, workers }),
      });
    const one = await (quick ? measure(2_000, 1, 0) : measure(100_000, 5, 0));
    progress('and with 4 processes');
    return meteringResult(one, await (quick ? measure(1_000, 1, 4) : measure(20_000, 2, 4)));
  },
};
