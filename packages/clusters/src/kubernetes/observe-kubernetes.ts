import type { ObservedReplica, ObservedWorkload, ReplicaId, WorkloadRef } from '@signalbox/domain';
import type { ClusterEvent, Deployment, Node, Pod } from './api-types.ts';
import { driftOf } from './drift.ts';
import { annotation, refOf } from './ownership.ts';
import { engineStatus, type NodeFact, nodeFact, replicaPhase } from './replica-phase.ts';

export interface KubernetesFacts {
  deployments: readonly Deployment[];
  pods: readonly Pod[];
  /** Null: this account may not read nodes. */
  nodes: ReadonlyMap<string, Node> | null;
  /** Warning events of pods. */
  warnings: readonly ClusterEvent[];
  fieldManager: string;
}

/** Everything of one Signalbox, from what its namespace holds. Pods without a Deployment are on their way out. */
export function observedWorkloads(facts: KubernetesFacts): readonly ObservedWorkload[] {
  const warnings = latestWarnings(facts.warnings);
  const podsOf = groupByWorkload(facts.pods);
  const known = facts.deployments.flatMap((deployment) => {
    const ref = refOf(deployment.metadata);
    return ref === null ? [] : [observed(ref, deployment, podsOf.get(ref.name) ?? [], facts, warnings)];
  });
  const names = new Set(known.map(({ name }) => name));
  const leaving = [...podsOf].flatMap(([name, pods]) => {
    const ref = refOf(pods[0]?.metadata);
    return names.has(name) || ref === null ? [] : [observed(ref, null, pods, facts, warnings)];
  });
  return [...known, ...leaving].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function observed(
  ref: WorkloadRef,
  deployment: Deployment | null,
  pods: readonly Pod[],
  facts: KubernetesFacts,
  warnings: ReadonlyMap<string, string>,
): ObservedWorkload {
  const wantedReplicas = deployment?.spec?.replicas ?? 0;
  return {
    ...ref,
    wantedReplicas,
    specHash: deployment?.metadata?.annotations?.[annotation.specHash] ?? '',
    replicas: withoutReplaced(pods, wantedReplicas)
      .sort(
        (a, b) =>
          compare(a.metadata?.creationTimestamp, b.metadata?.creationTimestamp) ||
          compare(a.metadata?.uid, b.metadata?.uid),
      )
      .map((pod) => observedReplica(pod, nodeOf(pod, facts.nodes), warnings.get(pod.metadata?.uid ?? '') ?? null)),
    drift: deployment === null ? [] : driftOf(deployment, facts.fieldManager),
    problem: deployment === null ? null : problemOf(deployment),
  };
}

/** Pods that ended for good (evicted, refused by the kubelet) stay in the API long after others took their place. */
function withoutReplaced(pods: readonly Pod[], wanted: number): Pod[] {
  const isOver = (pod: Pod) => pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded';
  const active = pods.filter((pod) => !isOver(pod));
  return active.length >= wanted ? active : [...pods];
}

function observedReplica(pod: Pod, node: NodeFact, warning: string | null): ObservedReplica {
  const container = engineStatus(pod);
  const startedAt = container?.state?.running?.startedAt ?? container?.state?.terminated?.startedAt;
  return {
    id: (pod.metadata?.uid ?? '') as ReplicaId,
    name: pod.metadata?.name ?? '',
    ...replicaPhase(pod, node, warning),
    address: addressOf(pod),
    node: pod.spec?.nodeName ?? null,
    startedAt: startedAt === undefined ? null : Date.parse(startedAt),
    restarts: container?.restartCount ?? 0,
  };
}

function addressOf(pod: Pod): string | null {
  const ip = pod.status?.podIP;
  const port = pod.spec?.containers
    .flatMap(({ ports }) => ports ?? [])
    .find(({ name }) => name === 'http')?.containerPort;
  if (ip === undefined || ip === '' || port === undefined) return null;
  return `${ip.includes(':') ? `[${ip}]` : ip}:${port}`;
}

function nodeOf(pod: Pod, nodes: KubernetesFacts['nodes']): NodeFact {
  const name = pod.spec?.nodeName;
  if (nodes === null || name === undefined) return { kind: 'unknown' };
  return nodeFact(nodes.get(name), name);
}

/** Quota and admission refuse pods, not the Deployment; its condition repeats their words. */
function problemOf(deployment: Deployment): string | null {
  const failure = deployment.status?.conditions?.find(
    ({ type, status }) => type === 'ReplicaFailure' && status === 'True',
  );
  return failure === undefined ? null : (failure.message ?? failure.reason ?? 'its pods are refused');
}

function latestWarnings(events: readonly ClusterEvent[]): ReadonlyMap<string, string> {
  const latest = new Map<string, { at: string; message: string }>();
  for (const event of events) {
    const uid = event.involvedObject.uid;
    const at = event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp ?? '';
    if (uid === undefined || event.message === undefined || (latest.get(uid)?.at ?? '') > at) continue;
    latest.set(uid, { at, message: event.message });
  }
  return new Map([...latest].map(([uid, { message }]) => [uid, message]));
}

function groupByWorkload(pods: readonly Pod[]): ReadonlyMap<string, readonly Pod[]> {
  const groups = new Map<string, Pod[]>();
  for (const pod of pods) {
    const name = refOf(pod.metadata)?.name;
    if (name === undefined) continue;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [pod]);
    else group.push(pod);
  }
  return groups;
}

function compare(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0;
  return (a ?? '') < (b ?? '') ? -1 : 1;
}
