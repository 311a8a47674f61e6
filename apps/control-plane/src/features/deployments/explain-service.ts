import type { ApiResponse } from '@signalbox/contracts';
import { type Database, type DeploymentWorld, explainInputs, type Replica, repositories } from '@signalbox/db';
import type { Clock } from '@signalbox/runtime';
import { notFound } from '../find-project.ts';
import { demandDeployment, withEnds } from './deployment-reader.ts';
import { explain } from './explain/index.ts';
import type { ReplicaLogs } from './ports.ts';
import { workloadRef } from './replica-service.ts';
import type { Target } from './rollout-service.ts';

export interface ExplainServiceDeps {
  database: Database;
  clock: Clock;
  logs: ReplicaLogs;
  silentAfterMs: number;
}

const readReplicas = 3;
const readLines = 20;
/** An answer without an engine's last words beats one that waits for a cluster. */
const logsTimeoutMs = 3_000;

export class ExplainService {
  readonly #deps: ExplainServiceDeps;

  constructor(deps: ExplainServiceDeps) {
    this.#deps = deps;
  }

  async explain({ project, name }: Target): Promise<ApiResponse<'explain'>> {
    const { database, clock, silentAfterMs } = this.#deps;
    const repos = repositories(database);
    const { deployment } = await demandDeployment(repos, project, name);
    const inputs = await explainInputs(database, deployment.id);
    if (inputs === undefined) throw notFound('Deployment', name, project);
    const now = clock.now();
    const revisions = await withEnds(repos, inputs.world.revisions, inputs.rollouts);
    const world = { ...inputs.world, revisions };
    return explain({
      ...inputs,
      world,
      routes: await repos.routes.listByDeployment(deployment.projectId, deployment.id),
      gateways: await repos.gateways.list(),
      newest: await repos.snapshotState.current(),
      clusterName: deployment.spec.placement.cluster,
      logs: await this.#lastWords(world),
      heardSince: now - silentAfterMs,
      now,
    });
  }

  /** Of replicas whose engine is in trouble: its own words are usually the answer. */
  async #lastWords(world: DeploymentWorld): Promise<ReadonlyMap<string, readonly string[]>> {
    const troubled = world.replicas.filter(({ phase }) => phase === 'failing' || phase === 'starting');
    const read = troubled
      .slice(0, readReplicas)
      .map(async (replica) => [replica.id, await this.#lines(world, replica)] as const);
    return new Map((await Promise.all(read)).filter(([, lines]) => lines.length > 0));
  }

  async #lines(world: DeploymentWorld, replica: Replica): Promise<readonly string[]> {
    const ref = workloadRef(world, replica);
    const clusterId = world.revisions.find(({ id }) => id === replica.revisionId)?.clusterId;
    if (ref === undefined || clusterId === undefined) return [];
    const done = new AbortController();
    const tooLate = this.#deps.clock.sleep(logsTimeoutMs, done.signal).then((): readonly string[] => []);
    try {
      return await Promise.race([
        this.#deps.logs.read({ clusterId, ref, replica: replica.id, lines: readLines }),
        tooLate,
      ]);
    } catch {
      return [];
    } finally {
      done.abort();
    }
  }
}
