declare const brand: unique symbol;
type Branded<T, Name extends string> = T & { readonly [brand]: Name };

/** Ids are UUIDv7 strings unless said otherwise. Brands keep one kind of id from passing for another. */
export type ProjectId = Branded<string, 'ProjectId'>;
export type ModelId = Branded<string, 'ModelId'>;
export type ModelVersionId = Branded<string, 'ModelVersionId'>;
export type DeploymentId = Branded<string, 'DeploymentId'>;
export type RevisionId = Branded<string, 'RevisionId'>;
export type RolloutId = Branded<string, 'RolloutId'>;
export type RouteId = Branded<string, 'RouteId'>;
export type ClusterId = Branded<string, 'ClusterId'>;
export type PoolId = Branded<string, 'PoolId'>;
/** Chosen by the gateway itself and kept in its data folder, so that a restart is the same gateway. */
export type GatewayId = Branded<string, 'GatewayId'>;
/** Given by the cluster: a pod's uid, or the local cluster's process name. Unique over time. */
export type ReplicaId = Branded<string, 'ReplicaId'>;
