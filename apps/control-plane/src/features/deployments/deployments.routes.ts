import type { Handlers } from '../../http/index.ts';
import type { DeploymentReader } from './deployment-reader.ts';
import type { ExplainService } from './explain-service.ts';
import type { ReplicaService } from './replica-service.ts';
import type { RevisionReader } from './revision-reader.ts';
import type { RolloutService, Target } from './rollout-service.ts';

type Operations =
  | 'listDeployments'
  | 'getDeployment'
  | 'listRevisions'
  | 'getRevision'
  | 'diffRevisions'
  | 'listReplicas'
  | 'readLogs'
  | 'scale'
  | 'restart'
  | 'explain';

export interface DeploymentRoutesDeps {
  deployments: DeploymentReader;
  revisions: RevisionReader;
  rollouts: RolloutService;
  replicas: ReplicaService;
  explanations: ExplainService;
}

interface OnDeployment {
  params: { name: string };
  query: { project: string };
}

const target = ({ params, query }: OnDeployment): Target => ({ project: query.project, name: params.name });

export function deploymentRoutes(deps: DeploymentRoutesDeps): Pick<Handlers, Operations> {
  const { deployments, revisions, replicas, explanations } = deps;
  return {
    listDeployments: async ({ query }) => ({ body: await deployments.list(query) }),
    getDeployment: async ({ params, query }) => {
      const body = await deployments.get(query.project, params.name);
      return { body, version: body.metadata.version };
    },
    listRevisions: async ({ params, query }) => ({ body: await revisions.list(query.project, params.name, query) }),
    getRevision: async ({ params, query }) => ({
      body: await revisions.get(query.project, params.name, params.number),
    }),
    diffRevisions: async ({ params, query }) => ({
      body: await revisions.diff(query.project, params.name, query.from, query.to),
    }),
    listReplicas: async (request) => ({ body: await replicas.list(target(request)) }),
    readLogs: async (request) => ({ body: await replicas.logs(target(request), request.query) }),
    scale: async (request, { caller }) => ({
      body: await replicas.scale(target(request), request.body.replicas, request.body.reason, caller),
    }),
    restart: async (request, { caller }) => ({
      body: await replicas.restart(target(request), request.body.reason, caller),
    }),
    explain: async (request) => ({ body: await explanations.explain(target(request)) }),
  };
}

type RolloutOperations =
  | 'getRollout'
  | 'listRollouts'
  | 'pauseRollout'
  | 'resumeRollout'
  | 'advanceRollout'
  | 'abortRollout'
  | 'promote'
  | 'rollback';

export function rolloutRoutes({ rollouts }: DeploymentRoutesDeps): Pick<Handlers, RolloutOperations> {
  const command = (kind: 'pause' | 'resume' | 'advance' | 'abort'): Handlers['pauseRollout'] => {
    return async (request, { caller }) => ({
      body: await rollouts.command(target(request), kind, request.body.reason, caller),
    });
  };
  return {
    getRollout: async (request) => ({ body: await rollouts.current(target(request)) }),
    listRollouts: async (request) => ({ body: await rollouts.history(target(request), request.query) }),
    pauseRollout: command('pause'),
    resumeRollout: command('resume'),
    advanceRollout: command('advance'),
    abortRollout: command('abort'),
    promote: async (request, { caller }) => ({ body: await rollouts.promote(target(request), request.body, caller) }),
    rollback: async (request, { caller, signal }) => ({
      body: await rollouts.rollback(target(request), request.body, caller, signal),
    }),
  };
}
