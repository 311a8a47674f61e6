import { systemClock } from '@signalbox/runtime';
import { runControlPlane } from './control-plane.ts';
import { readEnv } from './env.ts';

try {
  await runControlPlane(readEnv(process.env), process.env, systemClock);
} catch (error) {
  console.error(`signalbox control plane: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
