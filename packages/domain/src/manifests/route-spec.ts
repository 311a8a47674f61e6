import type { LimitSpec } from '../limits/limit.ts';
import type { ScorerName } from '../routing/scorer-names.ts';
import type { SnapshotQueue, StickyBy } from '../snapshot/snapshot.ts';

/** A public model name and everything that is particular about calling it. Absent fields leave the gateway's own ways. */
export interface RouteSpec {
  /** What callers put into `model`; the manifest's name unless said otherwise. Unique in the installation. */
  model: string;
  deployment: string;
  access: 'keys' | 'open';
  timeouts: { firstByteMs: number; betweenBytesMs: number; totalMs: number };
  /** Bounds that all callers of this route share. */
  limits?: readonly LimitSpec[];
  queue?: SnapshotQueue;
  routing?: { weights: Readonly<Partial<Record<ScorerName, number>>> };
  sticky?: StickyBy;
  shadow?: ShadowSpec;
  cors?: { origins: readonly string[]; headers: readonly string[]; maxAgeSeconds: number };
  /** Prompts and completions in the gateway's log; `redact` are regular expressions. */
  capture?: { basisPoints: number; redact: readonly string[] };
  maxBodyBytes?: number;
}

/** How the patterns of `capture.redact` are compiled, where they are checked and where they are used. */
export const REDACT_FLAGS = 'gu';

/** Copies of this part of the requests go to the newest revision of that version, if it has replicas. */
export interface ShadowSpec {
  version: string;
  basisPoints: number;
  /** Copies under way at once in each process of a gateway; 8 unless said otherwise. */
  maxConcurrent?: number;
}
