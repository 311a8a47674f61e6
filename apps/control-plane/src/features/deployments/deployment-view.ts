import type { ApiResponse } from '@signalbox/contracts';
import type { DeploymentWorld, RolloutWithStatus, Route } from '@signalbox/db';
import { findEngine } from '@signalbox/engines';
import { iso, isoOrNull } from '../instants.ts';
import { envelope } from '../resources/index.ts';
import { assessDeployment } from './assess-deployment.ts';
import { namesOf, splitOf } from './revision-names.ts';
import { rolloutSummary } from './rollout-views.ts';

export type DeploymentView = ApiResponse<'getDeployment'>;

export interface DeploymentViewInputs {
  world: DeploymentWorld;
  /** The last rollout, shown when none is under way. */
  lastRollout: RolloutWithStatus | undefined;
  routes: readonly Pick<Route, 'model'>[];
}

export function deploymentView({ world, lastRollout, routes }: DeploymentViewInputs): DeploymentView {
  const { deployment, traffic, revisions, scaleOverride, rollout = lastRollout } = world;
  const name = namesOf(revisions);
  const former = name(traffic?.formerRevisionId);
  const assessment = assessDeployment(world);
  return envelope('Deployment', deployment, world.project, {
    phase: assessment.phase,
    replicas: assessment.replicas,
    wanted: name(deployment.specRevisionId),
    stable: name(traffic?.stableRevisionId),
    former: former === null ? null : { ...former, keepWarmUntil: isoOrNull(traffic?.keepWarmUntil) },
    split: splitOf(world),
    routes: routes.map(({ model }) => model),
    rollout: rollout === undefined ? null : rolloutSummary({ rollout, revisions, split: traffic?.split ?? [] }),
    scaleOverride:
      scaleOverride === undefined
        ? null
        : { replicas: scaleOverride.replicas, author: scaleOverride.author, at: iso(scaleOverride.createdAt) },
    simulated: findEngine(deployment.spec.engine.name)?.simulated ?? false,
    conditions: assessment.conditions,
  });
}
