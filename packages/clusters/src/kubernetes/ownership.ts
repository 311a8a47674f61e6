import type { DeploymentId, ProjectId, RevisionId, Workload, WorkloadRef } from '@signalbox/domain';

/** What marks an object as this Signalbox's, and tells whose. Ids are labels, so that they can be selected by. */
export const label = {
  managedBy: 'app.kubernetes.io/managed-by',
  instance: 'signalbox.dev/instance',
  workload: 'signalbox.dev/workload',
  projectId: 'signalbox.dev/project-id',
  deploymentId: 'signalbox.dev/deployment-id',
  revisionId: 'signalbox.dev/revision-id',
} as const;

export const annotation = {
  specHash: 'signalbox.dev/spec-hash',
  /** The template as we rendered it: what drift is told against. */
  template: 'signalbox.dev/rendered-template',
  deletionCost: 'controller.kubernetes.io/pod-deletion-cost',
} as const;

const manager = 'signalbox';

type Meta = { labels?: { [key: string]: string } | undefined } | undefined;

export function ownLabels(workload: Workload, instance: string): Record<string, string> {
  const { labels } = workload;
  return {
    'app.kubernetes.io/name': labelValue(labels.deployment),
    'app.kubernetes.io/instance': workload.name,
    'app.kubernetes.io/component': 'engine',
    'app.kubernetes.io/version': labelValue(labels.version),
    [label.managedBy]: manager,
    [label.instance]: instance,
    [label.workload]: workload.name,
    [label.projectId]: workload.projectId,
    [label.deploymentId]: workload.deploymentId,
    [label.revisionId]: workload.revisionId,
    'signalbox.dev/project': labelValue(labels.project),
    'signalbox.dev/deployment': labelValue(labels.deployment),
    'signalbox.dev/revision': String(labels.revision),
    'signalbox.dev/model': labelValue(labels.model),
    'signalbox.dev/engine': labelValue(workload.spec.engine),
  };
}

/** A ReplicaSet's pods are found by these: unique per revision, and per Signalbox where several share a namespace. */
export function podSelector(workloadName: string, instance: string): Record<string, string> {
  return { [label.workload]: workloadName, [label.instance]: instance };
}

export function ownedSelector(instance: string): string {
  return `${label.managedBy}=${manager},${label.instance}=${instance}`;
}

export function isOwned(metadata: Meta, instance: string): boolean {
  return metadata?.labels?.[label.managedBy] === manager && metadata.labels[label.instance] === instance;
}

export function refOf(metadata: Meta): WorkloadRef | null {
  const labels = metadata?.labels ?? {};
  const name = labels[label.workload];
  const projectId = labels[label.projectId];
  const deploymentId = labels[label.deploymentId];
  const revisionId = labels[label.revisionId];
  if (name === undefined || projectId === undefined || deploymentId === undefined || revisionId === undefined)
    return null;
  return {
    name,
    projectId: projectId as ProjectId,
    deploymentId: deploymentId as DeploymentId,
    revisionId: revisionId as RevisionId,
  };
}

/** Names of ours may be longer or freer than a label's value may be; labels are for people to select by. */
export function labelValue(text: string): string {
  return text
    .replace(/[^A-Za-z0-9._-]/g, '-')
    .slice(0, 63)
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '');
}
