import type { DeploymentId } from '@signalbox/domain';
import type { Outcome } from './outcome.ts';

/**
 * One concern of a deployment: observe → assess → next action → act → record. Gets an id, reads the world, takes what
 * steps it can, says when to come back. Safe to run twice, safe to stop anywhere.
 */
export interface Controller {
  readonly name: string;
  reconcile(id: DeploymentId): Promise<Outcome>;
}
