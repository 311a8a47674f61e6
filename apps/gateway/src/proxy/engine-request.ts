import { needsTranslation, toChatRequest, toTokenizeRequest } from '../dialects/anthropic/to-chat-request.ts';
import { type CallerError, invalid } from '../dialects/errors/caller-error.ts';
import { applyEdits, type Edit, inOrder } from '../dialects/json/edit-bytes.ts';
import { formModelEdit } from '../dialects/multipart/multipart-model.ts';
import { askForUsage, type HiddenUsage } from '../dialects/request/ask-for-usage.ts';
import { nameEdit } from '../dialects/request/edit-body.ts';
import type { KeptResponse } from '../dialects/responses/keeper-mark.ts';
import type { Backend } from '../routing/routing-table.ts';
import type { BodyFacts } from './body-facts.ts';
import { keptResponses, type RoutedEndpoint } from './endpoints.ts';
import { servedName } from './model-names.ts';

/** What an engine is sent, but for the replica's address. */
export interface EngineRequest {
  kind: 'request';
  method: 'GET' | 'POST';
  /** With its query. */
  target: string;
  body: Buffer | null;
  /** What was asked for and must be hidden again. */
  hidden: HiddenUsage | undefined;
  isTranslated: boolean;
}

/** How the request names its model. */
export type ModelPlace =
  | { kind: 'body'; facts: BodyFacts }
  | { kind: 'response'; kept: KeptResponse }
  | { kind: 'form'; at: { valueStart: number; valueEnd: number } }
  | { kind: 'path' };

export interface AskedRequest {
  endpoint: RoutedEndpoint;
  method: 'GET' | 'POST';
  path: string;
  query: string;
  body: Buffer;
  place: ModelPlace;
  /** The response that this one goes on from, where its id says who keeps it. */
  previous?: KeptResponse | undefined;
  /** A LoRA adapter instead of the model itself. */
  adapter?: string | undefined;
}

const nothing = Buffer.alloc(0);

/**
 * The request as this revision's engine wants it: under its own model name, without what only the gateway may say,
 * and with usage asked for. Everything else goes as it came, byte for byte.
 */
export function engineRequest(
  asked: AskedRequest,
  backend: Backend,
): EngineRequest | { kind: 'refused'; error: CallerError } {
  const { endpoint, method, path, query, body, place } = asked;
  const { engine } = backend.facts;
  const servedModelName = servedName(backend, asked.adapter);
  const request = { kind: 'request', method, target: path + query, hidden: undefined, isTranslated: false } as const;
  if (endpoint.kind === 'byPath') {
    const target = `${endpoint.before}${encodeURIComponent(servedModelName)}${endpoint.after}${query}`;
    return { ...request, target, body: body.length === 0 ? null : body };
  }
  if (place.kind === 'response') {
    const target = `${keptResponses}${encodeURIComponent(place.kept.id)}${query}`;
    return { ...request, target, body: body.length === 0 ? null : body };
  }
  if (place.kind === 'form') return { ...request, body: applyEdits(body, [formModelEdit(place.at, servedModelName)]) };
  if (place.kind === 'path') return { ...request, body };
  const { api } = endpoint;
  const isOfAnthropic = api === 'messages' || api === 'countTokens';
  if (isOfAnthropic && needsTranslation(engine)) {
    const isCount = api === 'countTokens';
    const made = (isCount ? toTokenizeRequest : toChatRequest)(body, servedModelName);
    if (made.kind === 'refused')
      return { kind: 'refused', error: invalid(400, 'invalid_value', made.because, made.param) };
    const target = isCount ? '/tokenize' : '/v1/chat/completions';
    return { ...request, target, body: made.value, isTranslated: true };
  }
  const { facts } = place;
  const name = nameEdit(body, { start: facts.valueStart, end: facts.valueEnd }, servedModelName);
  const usage =
    facts.stream && (api === 'chat' || api === 'completions')
      ? askForUsage(
          body,
          { streamOptions: facts.streamOptions ?? undefined, closingBrace: facts.lastBrace },
          engine,
          api,
          facts.choices,
        )
      : undefined;
  const previous = previousEdit(asked, facts);
  const isSame = name === undefined && usage === undefined && previous === undefined;
  if (isSame && facts.dropped.length === 0) return { ...request, body };
  const edits: Edit[] = name === undefined ? [] : [name];
  for (let at = 0; at + 1 < facts.dropped.length; at += 2) {
    const start = facts.dropped[at] as number;
    edits.push({ at: start, remove: (facts.dropped[at + 1] as number) - start, insert: nothing });
  }
  if (previous !== undefined) edits.push(previous);
  if (usage !== undefined) edits.push(...usage.edits);
  return { ...request, body: applyEdits(body, inOrder(edits)), hidden: usage?.hidden };
}

/** The previous response's id as its engine knows it. */
function previousEdit({ previous }: AskedRequest, { previousResponse }: BodyFacts): Edit | undefined {
  if (previous === undefined || previousResponse === null) return undefined;
  const { start, end } = previousResponse;
  return { at: start, remove: end - start, insert: Buffer.from(JSON.stringify(previous.id)) };
}
