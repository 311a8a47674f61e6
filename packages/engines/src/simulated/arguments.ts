import type { ArgumentRules } from '../arguments/argument-rule.ts';
import { amount, each, flag, share, wholeNumber } from '../arguments/argument-rule.ts';
import { vllmArguments } from '../vllm/arguments.ts';

/** Says how many GPUs the cluster sets aside for a replica; not an argument of the program. */
export const gpusArgument = 'sim-gpus';

/** How the simulation behaves, and what is wrong with it. */
const simulationArguments: ArgumentRules = {
  ...each('sim-load-ms sim-prefill-ms-per-token sim-decode-ms-per-token sim-batch-slowdown sim-wake-ms', amount),
  ...each('sim-kv-capacity-tokens sim-output-tokens sim-seed', wholeNumber),
  ...each('sim-slow-first-token-ms sim-decode-factor', amount),
  ...each('sim-fail-after-tokens sim-stall-after-tokens', wholeNumber),
  ...each('sim-hang sim-health-lies sim-dead sim-empty-output sim-garbage sim-crash-at-load', flag),
  'sim-fail-rate': share,
  [gpusArgument]: wholeNumber,
};

export const simulatedArguments: ArgumentRules = { ...vllmArguments, ...simulationArguments };
