import type { ManifestKind } from '@signalbox/domain';
import type { KindContract } from '../kind-contract.ts';
import { clusterKind } from './cluster.ts';
import { deploymentKind } from './deployment.ts';
import { modelKind } from './model.ts';
import { modelVersionKind } from './model-version.ts';
import { poolKind } from './pool.ts';
import { projectKind } from './project.ts';
import { routeKind } from './route.ts';

export const kindContracts: { [Kind in ManifestKind]: KindContract<Kind> } = {
  Project: projectKind,
  Cluster: clusterKind,
  Pool: poolKind,
  Model: modelKind,
  ModelVersion: modelVersionKind,
  Deployment: deploymentKind,
  Route: routeKind,
};
