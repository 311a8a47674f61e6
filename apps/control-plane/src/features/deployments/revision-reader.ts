import { type ApiResponse, changedFields, renderManifestSpec } from '@signalbox/contracts';
import { type Database, type Repositories, type Revision, repositories } from '@signalbox/db';
import { AppError, type RevisionRole } from '@signalbox/domain';
import { findEngine } from '@signalbox/engines';
import { numberOf, type Page, pageOfRows } from '../../http/index.ts';
import { iso } from '../instants.ts';
import { demandDeployment, type NamedDeployment } from './deployment-reader.ts';

type Summary = ApiResponse<'listRevisions'>['items'][number];
type Detail = ApiResponse<'getRevision'>;

export class RevisionReader {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async list(
    project: string,
    name: string,
    { limit, cursor }: { limit: number; cursor?: string | undefined },
  ): Promise<Page<Summary>> {
    const repos = repositories(this.#database);
    const named = await demandDeployment(repos, project, name);
    const page = { beforeNumber: numberOf(cursor), limit: limit + 1 };
    const rows = await repos.revisions.list(named.project.id, named.deployment.id, page);
    const { items, nextCursor } = pageOfRows(rows, limit, ({ number }) => number);
    const describe = await describer(repos, named);
    return { items: await Promise.all(items.map(describe)), nextCursor };
  }

  async get(project: string, name: string, number: number): Promise<Detail> {
    const repos = repositories(this.#database);
    const named = await demandDeployment(repos, project, name);
    const revision = await demandRevision(repos, named, number);
    const describe = await describer(repos, named);
    return {
      ...(await describe(revision)),
      spec: renderManifestSpec('Deployment', revision.spec),
      workload: { ...revision.workload },
      placement: { ...revision.placement },
    };
  }

  async diff(project: string, name: string, from: number, to: number): Promise<ApiResponse<'diffRevisions'>> {
    const repos = repositories(this.#database);
    const named = await demandDeployment(repos, project, name);
    const before = await demandRevision(repos, named, from);
    const after = await demandRevision(repos, named, to);
    const manifest = ({ spec }: Revision) => renderManifestSpec('Deployment', spec);
    const rendered = ({ workload, placement }: Revision) => ({ ...workload, placement });
    return {
      from,
      to,
      spec: changedFields(manifest(before), manifest(after), 'spec'),
      workload: changedFields(rendered(before), rendered(after)),
      sameReplicas: before.workloadRevisionId === after.workloadRevisionId,
    };
  }
}

export async function demandRevision(
  { revisions }: Pick<Repositories, 'revisions'>,
  { project, deployment }: NamedDeployment,
  number: number,
): Promise<Revision> {
  const revision = await revisions.getByNumber(project.id, deployment.id, number);
  if (revision !== undefined) return revision;
  throw new AppError('deployment.revision_not_found', { name: deployment.name, revision: number });
}

async function describer(
  repos: Repositories,
  { project, deployment }: NamedDeployment,
): Promise<(revision: Revision) => Promise<Summary>> {
  const roles = await repos.revisionRoles.listByDeployment(deployment.id);
  const clusters = await repos.clusters.list();
  return async (revision) => {
    const workloadRevision = (await repos.revisions.findMany([revision.workloadRevisionId]))[0] ?? revision;
    const version = await repos.modelVersions.get(project.id, revision.modelVersionId);
    return summary(revision, {
      role: roles.find(({ revisionId }) => revisionId === revision.workloadRevisionId)?.role ?? null,
      cluster: clusters.find(({ id }) => id === revision.clusterId)?.name ?? '',
      workloadRevision: workloadRevision.number,
      versionDigest: version?.digest ?? '',
    });
  };
}

interface Surroundings {
  role: RevisionRole | null;
  cluster: string;
  workloadRevision: number;
  versionDigest: string;
}

function summary(revision: Revision, around: Surroundings): Summary {
  const { number, hash, spec, workload, workloadName, author, cause, createdAt } = revision;
  const { engine, quantization, model, version } = spec;
  const simulated = findEngine(engine.name)?.simulated ?? false;
  return {
    number,
    hash,
    model,
    version,
    engine: { name: engine.name, version: engine.version, image: workload.image, simulated },
    quantization,
    workloadName,
    author,
    cause,
    createdAt: iso(createdAt),
    ...around,
  };
}
