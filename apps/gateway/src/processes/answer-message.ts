import { z } from 'zod';
import type { StoredAnswer } from '../admission/idempotency/answer-store.ts';

/** A stored answer as it goes between processes: their channel carries JSON, so that the body is base64. */
export const answerMessage = z.object({
  status: z.number().int().min(0),
  headers: z.array(z.string()),
  body: z.string(),
});

export type AnswerMessage = z.infer<typeof answerMessage>;

export function packed({ status, headers, body }: StoredAnswer): AnswerMessage {
  return { status, headers: [...headers], body: Buffer.concat([...body]).toString('base64') };
}

export function unpacked({ status, headers, body }: AnswerMessage): StoredAnswer {
  return { status, headers, body: [Buffer.from(body, 'base64')] };
}
