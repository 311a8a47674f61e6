import {
  type Database,
  type Deployment,
  deploymentWorlds,
  type Project,
  type Repositories,
  type Revision,
  type RolloutWithStatus,
  repositories,
} from '@signalbox/db';
import type { RevisionId } from '@signalbox/domain';
import type { Page } from '../../http/index.ts';
import { demandProject, notFound } from '../find-project.ts';
import { type ListQuery, selectPage } from '../resources/index.ts';
import { type DeploymentView, deploymentView } from './deployment-view.ts';

export interface NamedDeployment {
  project: Project;
  deployment: Deployment;
}

/** Deployments that are being deleted are still shown: their replicas are. */
export async function demandDeployment(
  repos: Repositories,
  projectName: string,
  name: string,
): Promise<NamedDeployment> {
  const project = await demandProject(repos, projectName);
  const deployment = await repos.deployments.getByName(project.id, name);
  if (deployment === undefined) throw notFound('Deployment', name, projectName);
  return { project, deployment };
}

/** For changes: one that is being deleted takes none. */
export async function demandLiving(repos: Repositories, projectName: string, name: string): Promise<NamedDeployment> {
  const found = await demandDeployment(repos, projectName, name);
  if (found.deployment.deletedAt !== null) throw notFound('Deployment', name, projectName);
  return found;
}

export class DeploymentReader {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async list(query: ListQuery & { project: string }): Promise<Page<DeploymentView>> {
    const repos = repositories(this.#database);
    const project = await demandProject(repos, query.project);
    const { items, nextCursor } = await selectPage(query, (page) => repos.deployments.list(project.id, page));
    const worlds = await deploymentWorlds(
      this.#database,
      items.map(({ id }) => id),
    );
    const routes = Map.groupBy(await allRoutes(repos, project), ({ deploymentId }) => deploymentId);
    return {
      items: items.flatMap(({ id }) => {
        const world = worlds.get(id);
        if (world === undefined) return [];
        return [deploymentView({ world, lastRollout: undefined, routes: routes.get(id) ?? [] })];
      }),
      nextCursor,
    };
  }

  async get(projectName: string, name: string): Promise<DeploymentView> {
    const repos = repositories(this.#database);
    const { project, deployment } = await demandDeployment(repos, projectName, name);
    const world = (await deploymentWorlds(this.#database, [deployment.id])).get(deployment.id);
    if (world === undefined) throw notFound('Deployment', name, projectName);
    const [lastRollout] = await repos.rollouts.history(project.id, deployment.id, { limit: 1 });
    const routes = await repos.routes.listByDeployment(project.id, deployment.id);
    const revisions = await withEnds(repos, world.revisions, lastRollout === undefined ? [] : [lastRollout]);
    return deploymentView({ world: { ...world, revisions }, lastRollout, routes });
  }
}

/** The revisions at both ends of each rollout, beside those already read. */
export async function withEnds(
  repos: Pick<Repositories, 'revisions'>,
  known: readonly Revision[],
  rollouts: readonly RolloutWithStatus[],
): Promise<readonly Revision[]> {
  const ends = rollouts.flatMap(({ rollout }) => [rollout.fromRevisionId, rollout.toRevisionId]);
  const missing = new Set<RevisionId>();
  for (const id of ends) if (id !== null && !known.some((revision) => revision.id === id)) missing.add(id);
  return [...known, ...(await repos.revisions.findMany([...missing]))];
}

async function allRoutes(repos: Repositories, { id }: Project) {
  const found = [];
  for (let after: string | undefined; ; ) {
    const rows = await repos.routes.list(id, { after, limit: 1_000 });
    found.push(...rows);
    if (rows.length < 1_000) return found;
    after = rows.at(-1)?.name;
  }
}
