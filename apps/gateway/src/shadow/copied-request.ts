import { applyEdits } from '../dialects/json/edit-bytes.ts';
import { memberOf } from '../dialects/json/walk-json.ts';
import { type AskedRequest, type EngineRequest, engineRequest } from '../proxy/engine-request.ts';
import type { Backend } from '../routing/routing-table.ts';

/** What the caller's own request went out as. */
export interface SentRequest {
  readonly request: EngineRequest;
  readonly backend: Backend;
}

const storeKey = Buffer.from('"store"');
const noStore = Buffer.from('"store":false,');
const falseValue = Buffer.from('false');

/**
 * The copy of a request; undefined where a second one could leave something behind or depend on what the first one
 * left: uploads, background work, and what continues an answer or asks for an adapter that the other revision may not
 * have. Nothing is to be stored. The bytes are the caller's request's own where both revisions want the same.
 */
export function copiedRequest(asked: AskedRequest, sent: SentRequest, to: Backend): EngineRequest | undefined {
  const { endpoint, method, place } = asked;
  if (method !== 'POST' || place.kind === 'form' || asked.adapter !== undefined) return undefined;
  if (place.kind === 'body' && place.facts.previousResponse !== null) return undefined;
  const request = isSameFor(sent.backend, to) ? sent.request : engineRequest(asked, to);
  if (request.kind === 'refused') return undefined;
  if (endpoint.api === 'responses') return request.body === null ? undefined : withoutTraces(request, request.body);
  return endpoint.api === 'chat' && request.body !== null ? notStored(request, request.body) : request;
}

function isSameFor({ facts: one }: Backend, { facts: other }: Backend): boolean {
  return one.servedModelName === other.servedModelName && one.engine === other.engine;
}

/** The Responses API stores unless it is told not to. */
function withoutTraces(request: EngineRequest, body: Buffer): EngineRequest | undefined {
  for (const key of ['background', 'conversation']) {
    const member = memberOf(body, 0, body.length, key);
    const value = member && body.toString('latin1', member.valueStart, member.valueEnd);
    if (value !== undefined && value !== 'null' && value !== 'false') return undefined;
  }
  const stored = notStored(request, body);
  if (memberOf(body, 0, body.length, 'store') !== undefined) return stored;
  return { ...request, body: applyEdits(body, [{ at: body.indexOf(123) + 1, remove: 0, insert: noStore }]) };
}

function notStored(request: EngineRequest, body: Buffer): EngineRequest {
  // Nearly no chat says this, and looking for the bytes costs a hundredth of walking the body.
  const store = body.includes(storeKey) ? memberOf(body, 0, body.length, 'store') : undefined;
  if (store === undefined) return request;
  const edit = { at: store.valueStart, remove: store.valueEnd - store.valueStart, insert: falseValue };
  return { ...request, body: applyEdits(body, [edit]) };
}
