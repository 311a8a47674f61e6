import type { CorsReply } from '../callers/cors/cors-reply.ts';
import type { Reply } from '../callers/reply.ts';
import type { CallPath } from '../observe/call-summary.ts';
import type { TraceContext } from '../observe/trace-context.ts';

/** A request as it arrived: what outlives its head. */
export interface Call {
  readonly reply: Reply;
  /** The same reply, where a page of another origin asks. */
  readonly cors: CorsReply | undefined;
  readonly id: string;
  readonly trace: TraceContext;
  /** On the monotonic clock. */
  readonly startedAt: number;
  /** Without query. */
  readonly path: string;
  readonly way: CallPath;
}
