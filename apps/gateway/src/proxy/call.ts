import type { Reply } from '../callers/reply.ts';
import type { CallPath } from '../observe/call-summary.ts';
import type { TraceContext } from '../observe/trace-context.ts';

/** A request as it arrived: what outlives its head. */
export interface Call {
  readonly reply: Reply;
  readonly id: string;
  readonly trace: TraceContext;
  /** On the monotonic clock. */
  readonly startedAt: number;
  /** Without query. */
  readonly path: string;
  readonly way: CallPath;
}
