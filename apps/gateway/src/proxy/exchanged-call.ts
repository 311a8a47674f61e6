import type { TokenCounts, UsageOutcome } from '@signalbox/domain';
import type { Caller } from '../admission/consumer-keys.ts';
import type { AnswerApi, Dialect } from '../dialects/dialect.ts';
import type { CallerError } from '../dialects/errors/caller-error.ts';
import type { CallAttempt } from '../observe/call-summary.ts';
import type { PickRequest } from '../routing/candidates.ts';
import type { Pick } from '../routing/pick.ts';
import type { Route } from '../routing/routing-table.ts';
import type { Call } from './call.ts';
import type { AskedRequest } from './engine-request.ts';

/** What a call asks for, once its body is read and its route is known. */
export interface Asked {
  request: AskedRequest;
  caller: Caller;
  route: Route;
  /** Header lines for the engine; host and length are added by whoever sends. */
  lines: string;
  /** Header lines for the caller, with an answer. */
  answerLines: string;
  /** Everything that picking goes by but the prompt's blocks, which are made when they are needed. */
  pick: PickRequest;
  /** The caller wants its routing to be kept. */
  isExplained: boolean;
  promptSpans: readonly number[];
  maxOutputTokens: number | null;
  choices: number;
  stream: boolean;
  /** Ids of responses say to the caller which replica keeps them. */
  marksIds: boolean;
  /** On the monotonic clock. */
  deadlineAt: number;
}

/** How the attempts at replicas ended. */
export interface ExchangeEnd {
  outcome: Exclude<UsageOutcome, 'refused'>;
  status: number;
  attempts: readonly CallAttempt[];
  pick: Pick | undefined;
  dispatchedAt: number;
  firstByteAt: number | null;
  frames: number;
  bytesOut: number;
  tokens: TokenCounts | undefined;
  finishReason: string | null;
}

/** A call as its exchange sees it. */
export interface ExchangedCall {
  readonly call: Call;
  readonly asked: Asked;
  readonly dialect: Dialect;
  readonly api: AnswerApi;
  /** On the monotonic clock. */
  readonly deadlineAt: number;
  /** Header lines that tell the caller what is left of its limits. */
  limitLines(): string;
  /** Header lines about this call alone: how long it waited, and what its caller is to bring next time. */
  ownLines(): string;
  /** The caller has the answer's head. */
  begun(): void;
  /** A piece of the answer, as the caller gets it. */
  passed(bytes: Buffer): void;
  /** Of a stream: this many tokens so far. */
  outgrew(outputTokens: number): void;
  answerError(error: CallerError): void;
  ended(end: ExchangeEnd): void;
}
