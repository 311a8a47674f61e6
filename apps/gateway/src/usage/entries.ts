import {
  PRIORITY_CLASSES,
  type PriorityClass,
  type RoutingDecision,
  type SnapshotBackend,
  type SnapshotRoute,
  type TokenCounts,
  USAGE_EXACTNESS,
  USAGE_OUTCOMES,
  type UsageExactness,
  type UsageOutcome,
} from '@signalbox/domain';
import {
  asciiJson,
  emptyField,
  fieldDigits,
  fragment,
  nullField,
  putInField,
  putQuoted,
  quote,
  zeros,
} from './json-bytes.ts';
import type { Entry } from './line.ts';

/** What is known of a request when it is let in. */
export interface AdmittedRequest {
  requestId: string;
  traceId: string;
  route: SnapshotRoute;
  keyId: string | null;
  priority: PriorityClass;
  /** The path that was called, without query. */
  operation: string;
  stream: boolean;
  /** When the whole request had arrived, ms since the epoch. */
  startedAt: number;
  /** Tokens to book should nothing more be heard of the request. */
  reserved: { input: number; output: number };
}

/** How a request ended. */
export interface Settlement {
  /** Null when it reached no revision. */
  backend: SnapshotBackend | null;
  replicaId: string | null;
  queuedMs: number;
  firstByteMs: number | null;
  durationMs: number;
  status: number;
  outcome: UsageOutcome;
  attempts: number;
  tokens: TokenCounts;
  exactness: UsageExactness;
  bytesIn: number;
  bytesOut: number;
  /** Given for some requests. */
  routing?: readonly RoutingDecision[] | undefined;
}

/** Two attempts over eight replicas each take 2 KB; one that takes more than this is not told. */
const mostRoutingBytes = 8 * 1024;
/** No entry is longer: all texts are cut, and a cut text of 200 characters has at most 1,200 when all are escaped. */
export const mostEntryBytes = 24 * 1024 + mostRoutingBytes;

/** Names are few and come back with every request: each is quoted once. */
const names = new Map<string, Buffer>();
const mostNames = 10_000;
const nullName = fragment('null');

function nameOf(name: string | null): Buffer {
  if (name === null) return nullName;
  let known = names.get(name);
  if (known === undefined) {
    if (names.size >= mostNames) names.clear();
    known = fragment(quote(name));
    names.set(name, known);
  }
  return known;
}

/** Routes and revisions read the same in every entry: their part is made once per snapshot. */
const routeParts = new WeakMap<SnapshotRoute, Buffer>();
const backendParts = new WeakMap<SnapshotBackend, Buffer>();

function routePart(route: SnapshotRoute): Buffer {
  let part = routeParts.get(route);
  if (part === undefined) {
    const { project, id, name } = route;
    part = fragment(`,"project":${quote(project)},"routeId":${quote(id)},"route":${quote(name)},"keyId":`);
    routeParts.set(route, part);
  }
  return part;
}

const backendFields = [
  'revisionId',
  'deployment',
  'revision',
  'model',
  'version',
  'versionDigest',
  'engine',
  'quantization',
] as const;

const noBackend = fragment(`,${backendFields.map((field) => `"${field}":null`).join(',')},"replicaId":`);

function backendPart(backend: SnapshotBackend | null): Buffer {
  if (backend === null) return noBackend;
  let part = backendParts.get(backend);
  if (part === undefined) {
    const fields = backendFields.map((field) => {
      const value = backend[field];
      return `"${field}":${typeof value === 'string' ? quote(value) : JSON.stringify(value)}`;
    });
    part = fragment(`,${fields.join(',')},"replicaId":`);
    backendParts.set(backend, part);
  }
  return part;
}

/** What all entries of one writer begin with. */
export interface EntryStart {
  id: Buffer;
  afterId: Buffer;
}

const idMark = '{"id":"';

export function entryStart(bootId: string, gatewayId: string): EntryStart {
  return {
    id: fragment(`${idMark}${bootId}-${zeros}`),
    afterId: fragment(`","gatewayId":${quote(gatewayId)},"requestId":`),
  };
}

const beforeTrace = fragment(',"traceId":');
const startedField = fragment(`,"startedAt":${emptyField}`);
const afterOperation = startedField.length;
const classes = new Map(
  PRIORITY_CLASSES.map((priority) => [
    priority,
    [false, true].map((stream) => fragment(`,"stream":${stream},"priority":"${priority}","operation":`)),
  ]),
);

/** The part that both entries of a request begin with. */
export function putHead(
  into: Buffer,
  from: number,
  start: EntryStart,
  sequence: number,
  request: AdmittedRequest,
): number {
  let at = put(into, from, start.id);
  putInField(into, at, sequence);
  at = put(into, at, start.afterId);
  at = putQuoted(into, at, request.requestId);
  at = put(into, at, beforeTrace);
  at = putQuoted(into, at, request.traceId);
  at = put(into, at, routePart(request.route));
  at = put(into, at, nameOf(request.keyId));
  at = put(into, at, classes.get(request.priority)?.[request.stream ? 1 : 0] as Buffer);
  at = put(into, at, nameOf(request.operation));
  into.set(startedField, at);
  at += afterOperation;
  putInField(into, at, request.startedAt);
  return at;
}

const reservedInput = `,"reserved":{"input":${emptyField}`;
const reservedFields = fragment(`${reservedInput},"output":${emptyField}}}`);

export function putReserved(into: Buffer, at: number, { reserved }: AdmittedRequest): number {
  into.set(reservedFields, at);
  const end = at + reservedFields.length;
  putInField(into, at + reservedInput.length, reserved.input);
  putInField(into, end - 2, reserved.output);
  return end;
}

const numberFields = [
  ',"queuedMs":',
  ',"firstByteMs":',
  ',"durationMs":',
  ',"status":',
  ',"attempts":',
  ',"tokens":{"input":',
  ',"cached":',
  ',"output":',
  ',"reasoning":',
  '},"bytesIn":',
  ',"bytesOut":',
] as const;

/** The numbers as one fragment of empty fields: one copy in place of eleven. */
const numbers = fragment(numberFields.map((name) => name + emptyField).join(''));
const ends: readonly number[] = numberFields.map((_, index) =>
  numberFields.slice(0, index + 1).reduce((sum, name) => sum + name.length + fieldDigits, 0),
);
const [queued = 0, firstByte = 0, duration = 0, status = 0, attempts = 0] = ends;
const [, , , , , input = 0, cached = 0, output = 0, reasoning = 0, bytesIn = 0, bytesOut = 0] = ends;
const noTime = fragment(nullField);

const endings = new Map<UsageOutcome, ReadonlyMap<UsageExactness, Buffer>>(
  USAGE_OUTCOMES.map((outcome) => [
    outcome,
    new Map(
      USAGE_EXACTNESS.map((exactness) => [exactness, fragment(`,"outcome":"${outcome}","exactness":"${exactness}"}`)]),
    ),
  ]),
);

export function putSettled(into: Buffer, from: number, end: Settlement): number {
  let at = put(into, from, backendPart(end.backend));
  at = put(into, at, nameOf(end.replicaId));
  into.set(numbers, at);
  const { tokens } = end;
  putInField(into, at + queued, end.queuedMs);
  if (end.firstByteMs === null) into.set(noTime, at + firstByte - fieldDigits);
  else putInField(into, at + firstByte, end.firstByteMs);
  putInField(into, at + duration, end.durationMs);
  putInField(into, at + status, end.status);
  putInField(into, at + attempts, end.attempts);
  putInField(into, at + input, tokens.input);
  putInField(into, at + cached, tokens.cached);
  putInField(into, at + output, tokens.output);
  putInField(into, at + reasoning, tokens.reasoning);
  putInField(into, at + bytesIn, end.bytesIn);
  putInField(into, at + bytesOut, end.bytesOut);
  at += numbers.length;
  if (end.routing !== undefined) at = putRouting(into, at, end.routing);
  return put(into, at, endings.get(end.outcome)?.get(end.exactness) as Buffer);
}

/** Some ten a second: made as any JSON is. */
function putRouting(into: Buffer, at: number, routing: readonly RoutingDecision[]): number {
  const text = `,"routing":${asciiJson(routing)}`;
  return text.length > mostRoutingBytes ? at : at + into.write(text, at, 'latin1');
}

function put(into: Buffer, at: number, part: Buffer): number {
  into.set(part, at);
  return at + part.length;
}

export function idOf(bootId: string, sequence: number): string {
  return `${bootId}-${String(sequence).padStart(fieldDigits, '0')}`;
}

/** The id of an entry's JSON: ids are the writer's own and have nothing to escape. */
export function idIn(json: string): string {
  return json.slice(idMark.length, json.indexOf('"', idMark.length));
}

const quoteByte = 0x22;

/** The same without a string of the whole entry. */
export function idOfEntry({ bytes, from, to }: Entry): string {
  const start = from + idMark.length;
  let end = start;
  while (end < to && bytes[end] !== quoteByte) end += 1;
  return bytes.toString('latin1', start, end);
}
