import type { ConsumerKeys } from '../admission/consumer-keys.ts';
import type { RoutingTable } from '../routing/routing-table.ts';
import type { Answers } from './answer.ts';
import type { RoutedCall } from './call.ts';

/** What requests are held against: one object per snapshot, swapped as a whole. */
export interface View {
  table: RoutingTable;
  keys: ConsumerKeys;
}

export interface CallParts {
  /** Undefined until there is a snapshot. */
  view: () => View | undefined;
  answers: Answers;
  exchange: (call: RoutedCall) => void;
  now: () => number;
  monotonicMs: () => number;
  newRequestId: () => string;
  maxBodyBytes: number;
}
