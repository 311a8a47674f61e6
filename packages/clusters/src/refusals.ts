import type { Workload } from '@signalbox/domain';

const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

export function isWorkloadName(name: string): boolean {
  return dnsLabel.test(name);
}

/** Why no cluster would take this workload, whatever its kind; null when nothing is wrong. */
export function refusal(workload: Workload, replicas: number): string | null {
  if (!isWorkloadName(workload.name)) {
    return `"${workload.name}" is not a valid workload name: at most 63 lower-case letters, digits and dashes`;
  }
  if (!Number.isSafeInteger(replicas) || replicas < 0) return `${replicas} is not a number of replicas`;
  if (!Number.isSafeInteger(workload.spec.accelerator.count) || workload.spec.accelerator.count < 0) {
    return `${workload.spec.accelerator.count} is not a number of GPUs`;
  }
  return null;
}
