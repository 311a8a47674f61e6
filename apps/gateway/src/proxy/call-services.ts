import type { LimitedQuantity } from '@signalbox/domain';
import type { BadKeys } from '../admission/bad-keys.ts';
import type { ConsumerKeys } from '../admission/consumer-keys.ts';
import type { QueueOutcome } from '../admission/queue/ticket.ts';
import type { CallSummary } from '../observe/call-summary.ts';
import type { Capture } from '../observe/capture/capture.ts';
import type { TraceParts } from '../observe/trace-context.ts';
import type { Explanations } from '../routing/explanations.ts';
import type { PromptHasher } from '../routing/prompt-blocks.ts';
import type { RoutingTable } from '../routing/routing-table.ts';
import type { Shadows } from '../shadow/shadows.ts';
import type { Spool } from '../usage/spool.ts';
import type { Answers } from './answer.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { ExchangeParts } from './exchange-parts.ts';
import type { StoredReplies } from './stored-replies.ts';

/** What requests are held against: one object per snapshot, swapped as a whole. */
export interface View {
  table: RoutingTable;
  keys: ConsumerKeys;
}

/** What all calls share. */
export interface CallServices {
  /** Undefined until there is a snapshot. */
  view: () => View | undefined;
  answers: Answers;
  badKeys: BadKeys;
  stored: StoredReplies;
  hasher: PromptHasher;
  exchange: ExchangeParts;
  shadows: Pick<Shadows, 'offer'>;
  explanations: Explanations;
  dispatcher: Dispatcher;
  /** Where usage is kept; undefined for a gateway that keeps none. */
  book: Pick<Spool, 'reserve' | 'settle' | 'record'> | undefined;
  capture: Capture | undefined;
  trace: TraceParts;
  now: () => number;
  monotonicMs: () => number;
  newRequestId: () => string;
  maxBodyBytes: number;
  /** A call was let in; `done` follows. */
  began: () => void;
  done: () => void;
  /** Everything is known of it. */
  ended: (summary: CallSummary) => void;
  limited: (of: LimitedQuantity, per: 'minute' | 'day' | null) => void;
  shed: (outcome: QueueOutcome) => void;
}
