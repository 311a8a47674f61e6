import type { ContenderName } from '../contenders/contender.ts';

const nativeSeconds = 1.5;
const native: ReadonlySet<ContenderName> = new Set(['direct', 'nginx', 'haproxy']);

/**
 * How long a contender is loaded before it is measured. What runs on V8 is compiled while it runs, on the one core that
 * it has: its cost per request falls by half within its first 10 s at full speed.
 */
export function warmUpSeconds(name: ContenderName, quick: boolean): number {
  if (native.has(name)) return quick ? 0.3 : nativeSeconds;
  return quick ? 1.5 : 10;
}

/** What a turn of a contender takes: its warm-up, or one of its rounds. */
export function secondsOf(name: ContenderName, isWarmUp: boolean, rig: { quick: boolean }, seconds: number): number {
  return isWarmUp ? warmUpSeconds(name, rig.quick) : seconds;
}
