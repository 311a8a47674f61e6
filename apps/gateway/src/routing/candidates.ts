import type { SnapshotBackend } from '@signalbox/domain';
import type { LoadReading } from '../health/load-reading.ts';
import type { ReplicaHealth } from '../health/replica-health.ts';
import type { PromptBlocks } from './prompt-blocks.ts';
import type { Replica } from './replica.ts';

/** What filters, scorers and pickers may look at. */
export interface Candidate {
  readonly id: string;
  /** 32 bits of its id. */
  readonly idHash: number;
  readonly state: Replica['state'];
  readonly health: Pick<ReplicaHealth, 'admitted' | 'ejection'>;
  readonly inFlight: number;
  /** Prompt tokens that were sent to it and of which it has shown no first byte yet. */
  readonly outstandingTokens: number;
  /** What its engine last said of itself. */
  readonly load: LoadReading | null;
  readonly adapters: ReadonlySet<string> | null;
}

/** What the router knows of a request. */
export interface PickRequest {
  /** Undefined where there is no prompt: the request has no affinity. */
  readonly blocks: PromptBlocks | undefined;
  /** An estimate. */
  readonly inputTokens: number;
  readonly maxOutputTokens: number;
  /** Which session it belongs to, as 32 bits. */
  readonly sessionHash: number | null;
  /** Who calls, as 32 bits, where the route keeps callers on their revision. */
  readonly stickyHash?: number | null;
  /** This revision or none. */
  readonly pinnedRevisionId?: string;
  /** The LoRA adapter it asks for instead of the model itself. */
  readonly adapter?: string;
  /** This replica or none, by its `idHash`: it alone has what the request goes on from. */
  readonly keeperHash?: number;
}

export const anyRequest: PickRequest = { blocks: undefined, inputTokens: 0, maxOutputTokens: 0, sessionHash: null };

type BackendBounds = Pick<SnapshotBackend, 'maxInFlightPerReplica' | 'maxContextTokens'>;

/** Whether a replica may take this request. */
export type Filter = (replica: Candidate, backend: BackendBounds, request: PickRequest) => boolean;

/** What scorers compare a request's replicas by; one object, filled anew for each pick. */
export interface ScoredRequest {
  readonly now: number;
  readonly sessionHash: number | null;
  readonly adapter: string | undefined;
  /** For each competitor, how much of the prompt it would have to read. */
  readonly uncachedTokens: ArrayLike<number>;
  /** The largest number of tokens among competitors, at least 1: on one scale, scores of tokens add up like tokens. */
  readonly tokenScale: number;
}

/** How well each replica suits a request, from 0 to 1, beside those it competes with. Writes one score for each. */
export type Scorer = (competitors: readonly Candidate[], request: ScoredRequest, scores: Float64Array) => void;

/** Chooses by score; `turn` differs from request to request and breaks ties. */
export type Picker = <C extends Candidate>(
  candidates: readonly C[],
  scores: ArrayLike<number>,
  turn: number,
) => C | undefined;
