/**
 * Addresses of the test cluster. It lives in a network namespace of its own; the benchmark ranges of RFC 2544 keep it
 * apart from whatever private network the machine is in.
 */

/** An ordinary address on `lo`: Kubernetes refuses 127.0.0.1 as an endpoint and as a node's address. */
export const controlPlaneAddress = '198.18.0.1';
export const apiServerUrl = `https://${controlPlaneAddress}:6443`;
export const podRange = '198.18.0.0/16';
export const serviceRange = '198.19.0.0/16';
export const clusterDomain = 'cluster.local';
export const maxNodes = 250;

/** Every node has its own subnet and bridge, as on a routed network; one kernel routes between them. */
export type NodeNetwork = { bridge: string; address: string; subnet: string };

export function nodeNetwork(index: number): NodeNetwork {
  if (index < 1 || index > maxNodes) throw new Error(`a test cluster has at most ${maxNodes} nodes`);
  return { bridge: `node${index}`, address: `198.18.${index}.1`, subnet: `198.18.${index}.0/24` };
}
