import { AppError, type ManifestKind } from '@signalbox/domain';
import type { Call, Handlers } from '../../../http/index.ts';
import { type ChangeDeps, makeChange } from '../../change.ts';
import { notFound } from '../../find-project.ts';
import { type FoundObject, findObject } from './find-object.ts';
import { inUse, removeObject } from './remove-object.ts';

type Removers =
  | 'deleteProject'
  | 'deleteCluster'
  | 'deletePool'
  | 'deleteModel'
  | 'deleteModelVersion'
  | 'deleteDeployment'
  | 'deleteRoute';

interface RemovalRequest {
  params: { name: string };
  query: { yes: boolean; project?: string };
}

export function removeRoutes(deps: ChangeDeps): Pick<Handlers, Removers> {
  const remover = (kind: ManifestKind) => async (request: RemovalRequest, call: Call) => ({
    body: await remove(deps, kind, request, call),
  });
  return {
    deleteProject: remover('Project'),
    deleteCluster: remover('Cluster'),
    deletePool: remover('Pool'),
    deleteModel: remover('Model'),
    deleteModelVersion: remover('ModelVersion'),
    deleteDeployment: remover('Deployment'),
    deleteRoute: remover('Route'),
  };
}

async function remove(deps: ChangeDeps, kind: ManifestKind, { params, query }: RemovalRequest, call: Call) {
  const { name } = params;
  const project = query.project ?? null;
  return makeChange(deps, call.caller, async (change) => {
    const found = await findObject(change.repos, { kind, project, name });
    if (found === undefined) throw notFound(kind, name, project);
    demandMatch(found, call.ifMatch);
    const outcome = await removeObject(change, found, { yes: query.yes, cause: 'delete' });
    if (outcome.kind === 'kept') throw inUse(found, outcome.users);
    return { kind, project, name, state: outcome.kind };
  });
}

/** If-Match carries the ETag of what was read; any of several, or `*`. */
function demandMatch({ kind, row }: FoundObject, ifMatch: string | undefined): void {
  const etag = `"${row.version}"`;
  const accepted = ifMatch?.split(',').map((part) => part.trim().replace(/^W\//, ''));
  if (accepted === undefined || accepted.includes('*') || accepted.includes(etag)) return;
  throw new AppError('request.precondition_failed', { kind, name: row.name, etag });
}
