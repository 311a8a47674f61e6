import type { LimitSpec, PriorityClass } from '../limits/limit.ts';

/**
 * The numbered document of everything a gateway needs. The zod schema in contracts parses it on the wire and from
 * disk; new fields are optional at first, because gateways and control plane are upgraded apart.
 */
export interface Snapshot {
  format: 1;
  /** Raised when the database's history was replaced (restore from backup). A lower epoch is refused. */
  epoch: number;
  /** Increasing within an epoch, bumped by the transaction that changed something. */
  number: number;
  /** SHA-256 over the canonical JSON of `routes` and `keys`, hex. Same number with another hash is an alarm. */
  hash: string;
  routes: readonly SnapshotRoute[];
  keys: readonly SnapshotKey[];
}

/** A public model name and how its traffic is split. */
export interface SnapshotRoute {
  id: string;
  project: string;
  /** What callers put into `model`. Unique over all projects. */
  name: string;
  /** Weights over backends, in basis points of traffic; sum 10 000, or empty when nothing can serve. */
  split: readonly { revisionId: string; weight: number }[];
  backends: readonly SnapshotBackend[];
  timeouts: { firstByteMs: number; betweenBytesMs: number; totalMs: number };
  /** Consumer keys are demanded unless the route says that anyone may call. */
  access: 'keys' | 'open';
  /** Bounds that every request of this route counts against, whoever sends it. */
  limits?: readonly SnapshotLimit[];
  queue?: SnapshotQueue;
  routing?: SnapshotRouting;
  /** Keeps a caller on one revision through a split; null or absent: every request is assigned anew. */
  sticky?: StickyBy | null;
  /** Copies of requests to a revision whose answers nobody sees. */
  shadow?: { revisionId: string; basisPoints: number; maxConcurrent?: number } | null;
  cors?: { origins: readonly string[]; headers: readonly string[]; maxAgeSeconds: number } | null;
  /** Prompts and completions in the log; absent on every route that did not ask for it. */
  capture?: { basisPoints: number; redact: readonly string[] } | null;
  maxBodyBytes?: number;
}

/** One bound with an identity: the same id on several keys or routes is the same bucket. */
export type SnapshotLimit = LimitSpec & { id: string };

/** Requests wait here when every replica is full; beyond these bounds they are refused at once. */
export interface SnapshotQueue {
  maxRequests: number;
  maxBytes: number;
  maxWaitMs: number;
}

/** Weights of the scorers by their names; a scorer that is not named has its default weight. */
export interface SnapshotRouting {
  weights: Readonly<Record<string, number>>;
}

export type StickyBy = { by: 'key' } | { by: 'header' | 'cookie'; name: string };

/** One revision as the gateway sees it. A backend may have weight 0 (warm) and still be pinned to or probed. */
export interface SnapshotBackend {
  revisionId: string;
  deployment: string;
  revision: number;
  model: string;
  version: string;
  versionDigest: string;
  engine: string;
  image: string;
  quantization: string | null;
  /** Model name the engine itself serves under: the gateway rewrites `model` to it. */
  servedModelName: string;
  /** Upper bound of requests in flight per replica before the gateway prefers another; null for none. */
  maxInFlightPerReplica: number | null;
  /** Longest input and output together that the engine takes, in tokens; absent where it is not known. */
  maxContextTokens?: number | null;
  /** Path that tells whether the engine lives, for active health checks. */
  healthPath: string;
  replicas: readonly SnapshotReplica[];
}

export interface SnapshotReplica {
  id: string;
  /** `host:port`. */
  address: string;
  /** `serving` takes traffic; `draining` finishes what it has; `admitting` is checked by gateways but gets none yet. */
  state: 'admitting' | 'serving' | 'draining';
}

export interface SnapshotKey {
  id: string;
  project: string;
  /** SHA-256 of the key's secret, hex. */
  hash: string;
  /** Route names the key may call; `*` for all of the project. */
  routes: readonly string[];
  expiresAt: number | null;
  /** The key's own bounds and its project's. */
  limits?: readonly SnapshotLimit[];
  /** `standard` unless said otherwise. */
  priority?: PriorityClass;
  /** The key's part of its class when not all can be served, beside other keys' parts; 1 unless said otherwise. */
  weight?: number;
  /** May choose a revision by header. */
  mayPin?: boolean;
}
