import { repositories } from '@signalbox/db';
import { type DeploymentId, desiredReplicas, type RevisionId, replicasForShare } from '@signalbox/domain';
import type { Clock, Logger } from '@signalbox/runtime';
import { type Controller, done, type Outcome } from '../loop/index.ts';
import { type DeploymentWorld, loadWorld, type WorldRole, type WorldSources } from '../world/index.ts';
import type { Demand } from './demand.ts';
import type { ScaleWatch } from './scale-watch.ts';

/** The one writer of replica counts: how large the fleet must be, and each revision's part of it. */
export class ScalingController implements Controller {
  readonly name = 'scaling';
  readonly #sources: WorldSources;
  readonly #demand: Demand;
  readonly #watch: ScaleWatch;
  readonly #clock: Clock;
  readonly #log: Logger;

  constructor(options: { sources: WorldSources; demand: Demand; watch: ScaleWatch; clock: Clock; log: Logger }) {
    this.#sources = options.sources;
    this.#demand = options.demand;
    this.#watch = options.watch;
    this.#clock = options.clock;
    this.#log = options.log;
  }

  async reconcile(id: DeploymentId): Promise<Outcome> {
    const now = this.#clock.now();
    const world = await loadWorld(this.#sources, id, now);
    if (world === undefined || world.roles.length === 0) return done;
    const { scaling } = world.deployment.spec;
    const full = desiredReplicas({
      scaling,
      current: world.scale,
      override: world.override,
      samples: this.#demand.samples(id),
      now,
    });
    this.#watch.decided(id, { scaling, override: world.override, replicas: full.replicas });
    const { deploymentScale, replicaCounts } = repositories(this.#sources.db);
    const resized = await deploymentScale.set({ deploymentId: id, ...full, updatedAt: now });
    if (resized) {
      this.#log.info('fleet resized', { deployment: world.deployment.name, from: world.scale, ...full });
    }
    for (const role of world.roles) {
      const desired = this.#partOf(world, role, full.replicas);
      if (world.desired.get(role.revisionId) === desired) continue;
      const reason = `${role.role}: ${role.capacityShare / 100} % of ${full.replicas} (${full.reason})`;
      await replicaCounts.set({ revisionId: role.revisionId, deploymentId: id, desired, reason, updatedAt: now });
    }
    return done;
  }

  /**
   * A rolling rollout takes the old revision's replicas only as the new one's come to serve: what is ordered for the
   * new one is not there yet, and the old one still carries its traffic.
   */
  #partOf(world: DeploymentWorld, role: WorldRole, full: number): number {
    const share = replicasForShare(role.capacityShare, full);
    if (role.role !== 'stable') return share;
    return Math.max(share, replicasForShare(weightOf(world, role.revisionId), full));
  }
}

function weightOf(world: DeploymentWorld, revisionId: RevisionId): number {
  return world.traffic?.split.find((part) => part.revisionId === revisionId)?.weight ?? 0;
}
