/** The kinds of cluster that a manifest may name. Each is a folder here and runs the conformance suite. */
export const clusterKinds = ['kubernetes', 'local'] as const;

export type ClusterKind = (typeof clusterKinds)[number];
