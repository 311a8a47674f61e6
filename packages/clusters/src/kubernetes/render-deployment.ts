import type { Workload } from '@signalbox/domain';
import type { Deployment } from './api-types.ts';
import { annotation, ownLabels, podSelector } from './ownership.ts';
import { renderPod } from './render-pod.ts';

/** A revision as an `apps/v1` Deployment. Only its `replicas` ever changes. */
export function renderDeployment(
  workload: Workload,
  replicas: number,
  namespace: string,
  instance: string,
): Deployment {
  const template = renderPod(workload, instance);
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: workload.name,
      namespace,
      labels: ownLabels(workload, instance),
      annotations: { [annotation.specHash]: workload.specHash, [annotation.template]: JSON.stringify(template) },
    },
    spec: {
      replicas,
      selector: { matchLabels: podSelector(workload.name, instance) },
      // Only somebody else's edit can make Kubernetes roll this: then without surge, for which there may be no GPU.
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
      revisionHistoryLimit: 1,
      template,
    },
  };
}
