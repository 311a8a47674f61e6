import { readFileSync } from 'node:fs';
import type { AnswerReader } from '../answer-reader.ts';
import { type AnswerFacts, readerOf } from '../reader-of.ts';

/** A reader for a vLLM behind the route `chat`, which asked it for `chat` by the name `tiny`. */
export function readerFor(change: Partial<AnswerFacts> = {}): AnswerReader {
  return readerOf({
    api: 'chat',
    dialect: 'openai',
    requestId: 'req-1',
    contentType: 'text/event-stream; charset=utf-8',
    contentLength: undefined,
    names: { served: 'tiny', public: 'chat' },
    name: undefined,
    mark: undefined,
    hidden: undefined,
    isTranslated: false,
    ...change,
  });
}

export interface Driven {
  text: string;
  isWhole: boolean;
  /** What each push let through. */
  pieces: (string | undefined)[];
}

/** Feeds an answer in pieces through one shared buffer, which is overwritten after each push as the socket's is. */
export function drive(reader: AnswerReader, answer: string | Buffer, cuts: readonly number[] = []): Driven {
  const bytes = Buffer.from(answer);
  const at = [...new Set(cuts)].filter((cut) => cut > 0 && cut < bytes.length).sort((a, b) => a - b);
  const shared = Buffer.alloc(bytes.length + 1);
  const out: Buffer[] = [];
  const pieces: (string | undefined)[] = [];
  for (const [index, start] of [0, ...at].entries()) {
    const end = at[index] ?? bytes.length;
    const chunk = shared.subarray(0, bytes.copy(shared, 0, start, end));
    const passed = reader.push(chunk);
    pieces.push(passed?.toString());
    if (passed !== undefined) out.push(Buffer.from(passed));
    shared.fill(0xff);
  }
  const { rest, isWhole } = reader.finish();
  if (rest !== undefined) out.push(Buffer.from(rest));
  return { text: Buffer.concat(out).toString(), isWhole, pieces };
}

/** The body of what a real engine answered. */
export function captured(name: string): string {
  const file = new URL(`../../../../../packages/testkit/src/simulated-engine/captured/${name}.txt`, import.meta.url);
  const text = readFileSync(file, 'utf8');
  return text.slice(text.indexOf('\r\n\r\n') + 4);
}
