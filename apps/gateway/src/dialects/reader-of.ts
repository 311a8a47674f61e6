import type { AnswerReader } from './answer-reader.ts';
import { TranslatedAnswer, TranslatedStream } from './anthropic/translated-answer.ts';
import { TranslatedCount } from './anthropic/translated-count.ts';
import type { AnswerApi, Dialect, Renaming } from './dialect.ts';
import { engineError } from './errors/engine-error.ts';
import { errorEvent } from './errors/error-shape.ts';
import { JsonAnswer, OpaqueAnswer } from './plain/plain-answer.ts';
import type { HiddenUsage } from './request/ask-for-usage.ts';
import { UncountedAnswer } from './responses/uncounted-answer.ts';
import { CompletionRule } from './streams/completion-rule.ts';
import { EventStream } from './streams/event-stream.ts';
import type { ErrorFrame, FrameRule, NameInFrames } from './streams/frame-rule.ts';
import { MessagesRule } from './streams/messages-rule.ts';
import { ResponsesRule } from './streams/responses-rule.ts';

export interface AnswerFacts {
  api: AnswerApi;
  dialect: Dialect;
  requestId: string;
  /** Of the engine's answer; one that is compressed is read by nobody. */
  contentType: string | undefined;
  /** What the engine said about its answer's length. */
  contentLength: number | undefined;
  names: Renaming;
  /** Given where the engine's name in the answer becomes the caller's. */
  name: NameInFrames | undefined;
  /** Given where ids of responses say who keeps them. */
  mark: Buffer | undefined;
  hidden: HiddenUsage | undefined;
  /** The engine was asked in OpenAI's way for a caller of Anthropic's API. */
  isTranslated: boolean;
}

/** The reader for an answer below 400. */
export function readerOf(facts: AnswerFacts): AnswerReader {
  const answer = facts.isTranslated ? translatorOf(facts) : passingReaderOf(facts);
  return facts.api === 'keptResponse' ? new UncountedAnswer(answer) : answer;
}

function passingReaderOf(facts: AnswerFacts): AnswerReader {
  const { contentType, contentLength, name, mark, api } = facts;
  if (isType(contentType, 'text/event-stream')) return new EventStream(ruleOf(facts));
  if (!isType(contentType, 'application/json')) return new OpaqueAnswer();
  return new JsonAnswer(contentLength, { name, mark }, api);
}

function translatorOf(facts: AnswerFacts): AnswerReader {
  if (facts.api === 'countTokens') return new TranslatedCount();
  return isType(facts.contentType, 'text/event-stream')
    ? new TranslatedStream(facts.names.public, errorFrameOf(facts))
    : new TranslatedAnswer(facts.names.public);
}

function errorFrameOf({ api, dialect, requestId, names }: AnswerFacts): ErrorFrame {
  return (data, frames) => errorEvent(engineError(0, data, names), { dialect, api, frames }, requestId);
}

function ruleOf(facts: AnswerFacts): FrameRule {
  const { api, name, mark, hidden } = facts;
  const errorFrame = errorFrameOf(facts);
  switch (api) {
    case 'responses':
    case 'keptResponse':
      return new ResponsesRule({ name, mark, errorFrame });
    case 'messages':
      return new MessagesRule({ name, errorFrame });
    default: {
      const needsEnd = api === 'chat' || api === 'completions';
      return new CompletionRule({ needsEnd, hidden, name, errorFrame });
    }
  }
}

function isType(contentType: string | undefined, type: string): boolean {
  return contentType !== undefined && contentType.slice(0, type.length).toLowerCase() === type;
}
