export {
  type Database,
  type DatabaseOptions,
  type Handle,
  openDatabase,
  type Transaction,
  type TransactionOptions,
} from './database.ts';
export { DatabaseError, DatabaseUnavailable } from './errors.ts';
export { type LeaseOptions, type LeaseOutcome, withLease } from './lease.ts';
export type { OnNotification, Subscription } from './listener.ts';
export { type MigrateOptions, type MigrateResult, migrateDatabase, migrationsFolder } from './migrate.ts';
export type { Insertion, Removal } from './outcomes.ts';
export { type DeploymentSummary, deploymentOverview, type RolloutSummary } from './read-models/deployment-overview.ts';
export { type DeploymentWorld, deploymentWorld, deploymentWorlds, worldsIn } from './read-models/deployment-world.ts';
export { type ExplainInputs, explainInputs } from './read-models/explain-inputs.ts';
export { type RoutableRevision, type SnapshotInputs, snapshotInputs } from './read-models/snapshot-inputs.ts';
export { type UsageSum, type UsageSumsQuery, usageSums } from './read-models/usage-sums.ts';
export type { ApiToken, NewApiToken } from './repositories/api-tokens.ts';
export type { AppliedObject, AppliedObjectName } from './repositories/applied-objects.ts';
export { type Change, changesChannel, type NewChange } from './repositories/changes.ts';
export type { ClusterStatus } from './repositories/cluster-status.ts';
export type { ClusterRow, NewClusterRow } from './repositories/clusters.ts';
export type { ConsumerKey, NewConsumerKey } from './repositories/consumer-keys.ts';
export type { DeploymentTraffic, NewDeploymentTraffic, TrafficMove } from './repositories/deployment-traffic.ts';
export type { Deployment, DeploymentChange, NewDeployment } from './repositories/deployments.ts';
export type { Gateway, ReportOutcome } from './repositories/gateways.ts';
export type { Beginning, IdempotencyKey } from './repositories/idempotency.ts';
export type { Lease, LeaseTerm } from './repositories/leases.ts';
export type { LedgerFilter, LedgerVerification, NewLedgerEntry } from './repositories/ledger.ts';
export { type LedgerEntry, ledgerHash, ledgerStart } from './repositories/ledger-hash.ts';
export type { ModelVersionRow, NewModelVersion } from './repositories/model-versions.ts';
export type { Model, NewModel } from './repositories/models.ts';
export type { NamePage, SequencePage } from './repositories/page.ts';
export type { NewPool, Pool } from './repositories/pools.ts';
export type { NewProject, Project } from './repositories/projects.ts';
export type { ReconcileRecord } from './repositories/reconciles.ts';
export type { ReplicaCount } from './repositories/replica-counts.ts';
export type { Replica, ReplicaObservation } from './repositories/replicas.ts';
export { addCounts } from './repositories/revision-counts.ts';
export type { RevisionRoleRow } from './repositories/revision-roles.ts';
export type { CountsDelta, RevisionStats } from './repositories/revision-stats.ts';
export type { NewRevision, Revision } from './repositories/revisions.ts';
export type { NewRolloutCommand, RolloutCommand } from './repositories/rollout-commands.ts';
export type { RolloutProgress } from './repositories/rollout-status.ts';
export type { Rollout, RolloutStatus, RolloutWithStatus } from './repositories/rollouts.ts';
export type { NewRoute, Route, RouteChange } from './repositories/routes.ts';
export type { ScaleOverride } from './repositories/scale-overrides.ts';
export { type SnapshotNumber, snapshotChannel } from './repositories/snapshot-state.ts';
export type { RequestUsage } from './repositories/usage.ts';
export type { WorkloadStatus } from './repositories/workload-status.ts';
export type { WrittenChange } from './repositories/written-change.ts';
export { type Repositories, repositories } from './repositories.ts';
