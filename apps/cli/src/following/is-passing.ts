import { ApiProblem, Unreachable } from '@signalbox/client';

/** True where waiting may help: a control plane that restarts changes nothing for what it controls. */
export function isPassing(error: unknown): boolean {
  return error instanceof Unreachable || (error instanceof ApiProblem && error.status >= 500);
}
