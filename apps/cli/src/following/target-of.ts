import { Refusal } from '../exit-code.ts';
import type { Session } from '../session.ts';
import type { Target } from './follow-deployments.ts';

/** The revision that a deployment is to serve now: what a wait that is taken up again waits for. */
export async function wantedTarget({ client }: Session, name: string, project: string): Promise<Target> {
  const { status } = await client.getDeployment({ params: { name }, query: { project } });
  if (status.wanted === null) {
    throw new Refusal(`${name} has no revision to wait for. See: signalbox explain ${name}`);
  }
  return { name, project, revision: status.wanted.revision };
}
