import type { ReplicaPhase } from '@signalbox/domain';
import type { ContainerStatus, Node, Pod } from './api-types.ts';
import { containerName } from './render-pod.ts';

export interface PhaseAndReason {
  phase: ReplicaPhase;
  reason: string | null;
}

/** What is known of the pod's node. `unknown`: nodes may not be read here, so the pod has to tell. */
export type NodeFact = { kind: 'ready' } | { kind: 'silent'; message: string } | { kind: 'unknown' };

/** Waiting reasons after which a container does not come up without someone's help, or not soon. */
const stuck =
  /^(ImagePullBackOff|ErrImagePull|ErrImageNeverPull|InvalidImageName|ImageInspectError|RegistryUnavailable|SignatureValidationFailed|CreateContainerConfigError|CreateContainerError|RunContainerError|PreCreateHookError|PostStartHookError)$/;

/** `warning`: the pod's latest Warning event, for what its status doesn't say (a volume that can't be mounted). */
export function replicaPhase(pod: Pod, node: NodeFact, warning: string | null): PhaseAndReason {
  if (pod.metadata?.deletionTimestamp !== undefined) {
    return { phase: 'stopping', reason: node.kind === 'silent' ? node.message : null };
  }
  const lost = lostReason(pod, node);
  if (lost !== null) return { phase: 'lost', reason: lost };
  if (pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded') return ended(pod);
  const scheduled = condition(pod, 'PodScheduled');
  if (pod.spec?.nodeName === undefined) return { phase: 'pending', reason: scheduled?.message ?? null };
  const container = engineStatus(pod);
  if (container?.state?.running !== undefined) return running(pod, container, warning);
  if (container?.state?.terminated !== undefined) return { phase: 'failing', reason: crashReason(container) };
  return waiting(container, warning);
}

export function engineStatus(pod: Pod): ContainerStatus | undefined {
  return pod.status?.containerStatuses?.find(({ name }) => name === containerName);
}

export function nodeFact(node: Node | undefined, name: string): NodeFact {
  if (node === undefined) return { kind: 'silent', message: `node ${name} is gone` };
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready?.status === 'True') return { kind: 'ready' };
  return {
    kind: 'silent',
    message: `node ${name} is not ready: ${ready?.message ?? ready?.reason ?? 'no status yet'}`,
  };
}

function lostReason(pod: Pod, node: NodeFact): string | null {
  const name = pod.spec?.nodeName;
  if (name === undefined) return null;
  if (node.kind === 'silent') return node.message;
  if (!isUnreadyByController(pod)) return null;
  // Also when the node speaks again: for seconds after that its pods are as the controller left them.
  return node.kind === 'unknown'
    ? `node ${name} no longer tells of this pod`
    : `node ${name} was silent and has not told of this pod since`;
}

/**
 * When a node falls silent, or the API server was and all nodes look so, the node controller takes the pods' readiness
 * away and leaves their containers' as last told. A readiness gate has the same two conditions, and a reason.
 */
function isUnreadyByController(pod: Pod): boolean {
  const containers = pod.status?.containerStatuses ?? [];
  const ready = condition(pod, 'Ready');
  return (
    containers.length > 0 &&
    containers.every((container) => container.ready) &&
    condition(pod, 'ContainersReady')?.status === 'True' &&
    ready?.status === 'False' &&
    ready.reason !== 'ReadinessGatesNotReady'
  );
}

function running(pod: Pod, container: ContainerStatus, warning: string | null): PhaseAndReason {
  const ready = condition(pod, 'Ready');
  if (ready?.status === 'True') return { phase: 'ready', reason: null };
  const startedAt = container.state?.running?.startedAt;
  const changedAt = ready?.lastTransitionTime;
  // Unready since its own start: it was ready and is no more. Unready since before: it is not there yet.
  const wasReady =
    container.started === true && startedAt !== undefined && changedAt !== undefined && changedAt > startedAt;
  if (wasReady) return { phase: 'failing', reason: warning ?? 'it no longer passes its readiness probe' };
  const crash = container.lastState?.terminated === undefined ? null : crashReason(container);
  return { phase: 'starting', reason: crash === null ? null : `started again: ${crash}` };
}

function waiting(container: ContainerStatus | undefined, warning: string | null): PhaseAndReason {
  const { reason = '', message } = container?.state?.waiting ?? {};
  if (reason === 'CrashLoopBackOff' && container !== undefined)
    return { phase: 'failing', reason: crashReason(container) };
  if (stuck.test(reason)) return { phase: 'failing', reason: message === undefined ? reason : `${reason}: ${message}` };
  return { phase: 'starting', reason: warning };
}

function ended(pod: Pod): PhaseAndReason {
  const container = engineStatus(pod);
  const { reason, message } = pod.status ?? {};
  if (reason === undefined && container !== undefined) return { phase: 'failing', reason: crashReason(container) };
  return { phase: 'failing', reason: [reason ?? 'the pod ended', message].filter(Boolean).join(': ') };
}

/** `the engine exited with code 1, restarted 3 times: RuntimeError: …` */
function crashReason(container: ContainerStatus): string {
  const exit = container.state?.terminated ?? container.lastState?.terminated;
  if (exit === undefined) return container.state?.waiting?.message ?? 'the engine ended';
  const cause = exit.reason === undefined || exit.reason === 'Error' ? '' : ` (${exit.reason})`;
  const restarts = container.restartCount === 0 ? '' : `, restarted ${container.restartCount} times`;
  const last = exit.message?.split('\n').findLast((line) => line.trim() !== '');
  return `the engine exited with code ${exit.exitCode}${cause}${restarts}${last === undefined ? '' : `: ${last.trim()}`}`;
}

function condition(pod: Pod, type: string) {
  return pod.status?.conditions?.find((each) => each.type === type);
}
