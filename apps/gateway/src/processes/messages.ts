import { gatewayReportAnswerSchema, limitUseReportsSchema, trafficReportSchema } from '@signalbox/contracts';
import type { MetricsState } from '@signalbox/runtime';
import { z } from 'zod';
import { answerMessage } from './answer-message.ts';

/**
 * What primary and workers say to each other. After a rolling restart onto new code the workers are newer than the
 * primary, so either side drops messages and fields that it does not know. Where that is not enough, the number is
 * raised: workers that speak another one are refused, the old ones stay, and the gateway must be restarted whole.
 */
export const protocol = 1;

const count = z.number().int().min(0);
const metricsState: z.ZodType<MetricsState> = z.record(
  z.string(),
  z.object({
    size: count,
    rows: z.array(z.object({ labels: z.array(z.string()), values: z.array(z.number()) })),
  }),
);

const toWorker = z.discriminatedUnion('kind', [
  /** `sequence` counts the snapshots of this primary: numbers of snapshots may fall when the epoch rises. */
  z.object({ kind: z.literal('snapshot'), sequence: count, text: z.string() }),
  /** Comes with the socket. */
  z.object({ kind: z.literal('connection') }),
  /** Its parts of limits. */
  z.object({ kind: z.literal('share'), parts: gatewayReportAnswerSchema }),
  z.object({ kind: z.literal('tellMetrics') }),
  /** The primary keeps answers by Idempotency-Key and may be asked for them. */
  z.object({ kind: z.literal('keepsAnswers') }),
  /** To `keyAsked`. `fresh`: the key is the worker's until it says `keyAnswered` or `keyFreed`. */
  z.object({
    kind: z.literal('keyFound'),
    id: z.string(),
    found: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('fresh') }),
      z.object({ kind: z.literal('inFlight') }),
      z.object({ kind: z.literal('mismatch') }),
      z.object({ kind: z.literal('replay'), answer: answerMessage }),
    ]),
  }),
  z.object({ kind: z.literal('beginDraining'), idleMs: count, overMs: count.optional() }),
  /** No connection comes after it. */
  z.object({ kind: z.literal('drain'), timeoutMs: count }),
]);

const fromWorker = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('hello'), protocol: z.number() }),
  z.object({ kind: z.literal('applied'), sequence: count }),
  z.object({ kind: z.literal('refused'), sequence: count, because: z.string() }),
  /** The connection has arrived and is the worker's alone. */
  z.object({ kind: z.literal('taken'), connections: count }),
  /** Twice a second, and at once when the control plane waits for it. Its absence is how a hung worker is noticed. */
  z.object({
    kind: z.literal('told'),
    connections: count,
    report: trafficReportSchema,
    limits: limitUseReportsSchema,
    isUrgent: z.boolean(),
  }),
  z.object({ kind: z.literal('metrics'), state: metricsState }),
  /** May a request with this key be carried out? `id` is the worker's own, `scope` the consumer key. */
  z.object({
    kind: z.literal('keyAsked'),
    id: z.string(),
    scope: z.string(),
    key: z.string(),
    fingerprint: z.string(),
  }),
  /** It was: this is to be given to those who ask again. */
  z.object({ kind: z.literal('keyAnswered'), id: z.string(), answer: answerMessage }),
  /** It came to nothing that is worth keeping. */
  z.object({ kind: z.literal('keyFreed'), id: z.string() }),
]);

export type ToWorker = z.infer<typeof toWorker>;
export type FromWorker = z.infer<typeof fromWorker>;

export function parseToWorker(message: unknown): ToWorker | undefined {
  return toWorker.safeParse(message).data;
}

export function parseFromWorker(message: unknown): FromWorker | undefined {
  return fromWorker.safeParse(message).data;
}
