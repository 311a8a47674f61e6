import type { ApiResponse, ParsedApiRequest } from '@signalbox/contracts';
import { repositories } from '@signalbox/db';
import { assertNever, MANIFEST_KINDS } from '@signalbox/domain';
import type { Caller } from '../../http/index.ts';
import { type ChangeDeps, makeChange } from '../change.ts';
import type { RolloutStarter } from '../deployments/index.ts';
import type { SourceResolver } from '../sources/index.ts';
import type { Applied, AppliedChange, ApplyContext } from './apply-context.ts';
import { applyDeployment } from './apply-deployment.ts';
import { applyCluster, applyPool, applyProject } from './apply-installation-kinds.ts';
import { applyModel } from './apply-model.ts';
import { applyModelVersion } from './apply-model-version.ts';
import { applyRoute } from './apply-route.ts';
import { checkLineage } from './check-lineage.ts';
import type { Document } from './document.ts';
import { pinVersions } from './pin-versions.ts';
import { prune } from './prune.ts';
import { readManifests } from './read-manifests.ts';
import { Refusals } from './refusals.ts';
import type { DocumentOf } from './write-object.ts';

export type ApplyRequest = ParsedApiRequest<'apply'>['body'];

export interface ApplyServiceDeps extends ChangeDeps {
  rollouts: RolloutStarter;
  resolver: SourceResolver;
}

/** Applies a set of manifests: all of them, or nothing and everything that is wrong with them. */
export class ApplyService {
  readonly #deps: ApplyServiceDeps;

  constructor(deps: ApplyServiceDeps) {
    this.#deps = deps;
  }

  async apply(request: ApplyRequest, caller: Caller): Promise<ApiResponse<'apply'>> {
    const { database, resolver } = this.#deps;
    const documents = inOrder(readManifests(request.sources));
    const early = new Refusals();
    checkLineage(documents, early);
    early.throwIfAny();
    const unpinned = new Refusals();
    const pinned = await pinVersions(repositories(database), resolver, documents, unpinned);
    const changes = await makeChange(
      this.#deps,
      caller,
      async (change) => {
        // Each attempt starts from what was known before the transaction: a stale row has it run again.
        const refusals = unpinned.copy();
        return applyAll({ change, rollouts: this.#deps.rollouts, refusals, pinned }, documents, request);
      },
      { dryRun: request.dryRun },
    );
    return { changes, dryRun: request.dryRun };
  }
}

async function applyAll(
  context: ApplyContext,
  documents: readonly Document[],
  { source, prune: pruning, yes }: ApplyRequest,
): Promise<AppliedChange[]> {
  const { change, refusals } = context;
  const changes: AppliedChange[] = [];
  for (const document of documents) {
    const applied = await applyOne(context, document);
    if (applied !== undefined) changes.push(applied);
  }
  refusals.throwIfAny();
  if (pruning) changes.push(...(await prune(context, documents, { source, yes })));
  const names = documents.map(({ manifest: { kind, metadata } }) => ({
    kind,
    project: metadata.project ?? '',
    name: metadata.name,
  }));
  await change.repos.appliedObjects.record(source, names, change.at);
  return changes;
}

function applyOne(context: ApplyContext, document: Document): Promise<Applied> {
  const { kind } = document.manifest;
  switch (kind) {
    case 'Project':
      return applyProject(context, document as DocumentOf<'Project'>);
    case 'Cluster':
      return applyCluster(context, document as DocumentOf<'Cluster'>);
    case 'Pool':
      return applyPool(context, document as DocumentOf<'Pool'>);
    case 'Model':
      return applyModel(context, document as DocumentOf<'Model'>);
    case 'ModelVersion':
      return applyModelVersion(context, document as DocumentOf<'ModelVersion'>);
    case 'Deployment':
      return applyDeployment(context, document as DocumentOf<'Deployment'>);
    case 'Route':
      return applyRoute(context, document as DocumentOf<'Route'>);
    default:
      return assertNever(kind);
  }
}

/** Kinds refer only to those before them; within a kind the order is the writer's. */
function inOrder(documents: readonly Document[]): Document[] {
  const rank = ({ manifest }: Document) => MANIFEST_KINDS.indexOf(manifest.kind);
  return documents.toSorted((a, b) => rank(a) - rank(b));
}
