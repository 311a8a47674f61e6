import type { BodyFacts } from './body-facts.ts';
import { Refused, textAt } from './json-bytes.ts';

/** Takes what a request says under one key; the value stands from `start` to before `end`. */
type ReadValue = (facts: BodyFacts, body: Buffer, start: number, end: number) => void;

export interface BodyKey {
  readonly name: string;
  /** Its place in the set of keys seen. */
  readonly bit: number;
  readonly read: ReadValue;
}

const quote = 34;
const maxNameBytes = 1_024;
const plainUsage = '{"include_usage":true}';

const dialogue: ReadValue = (facts, _, start, end) => void facts.promptSpans.push(start, end);
/** The model reads these before any dialogue, wherever they stand in the body. */
const preface: ReadValue = (facts, _, start, end) => void facts.promptSpans.unshift(start, end);

const readers: Readonly<Record<string, ReadValue>> = {
  messages: dialogue,
  prompt: dialogue,
  input: dialogue,
  system: preface,
  tools: preface,
  instructions: preface,
  model(facts, body, start, end) {
    facts.model = shortText(body, start, end, 'model') ?? refuse('model', 'a string');
    facts.valueStart = start;
    facts.valueEnd = end;
  },
  stream(facts, body, start) {
    facts.stream = boolean(body, start, 'stream') ?? false;
  },
  stream_options(facts, body, start, end) {
    facts.streamOptions = { start, end, includeUsage: includeUsage(body, start, end) };
  },
  max_tokens: atMost('max_tokens'),
  max_completion_tokens: atMost('max_completion_tokens'),
  max_output_tokens: atMost('max_output_tokens'),
  n: choices('n'),
  best_of: choices('best_of'),
  previous_response_id(facts, body, start, end) {
    const id = shortText(body, start, end, 'previous_response_id');
    facts.previousResponse = id === null ? null : { id, start, end };
  },
  store(facts, body, start) {
    facts.store = body[start] !== 102;
  },
  // Of images it says what is behind them. Engines may take more than `true` for true.
  background(facts, body, start) {
    facts.background = body[start] !== 102 && body[start] !== 110;
  },
  // A caller that names a cache key knows best what belongs together.
  prompt_cache_key(facts, body, start, end) {
    if (body[start] === quote) facts.session = { start, end };
  },
  user: sessionHint,
  safety_identifier: sessionHint,
};

/** By length, because the length of a key tells most of them apart before a byte is compared. */
const byLength: BodyKey[][] = [];
const byName = new Map<string, BodyKey>();
for (const [index, [name, read]] of Object.entries(readers).entries()) {
  const key = { name, bit: 1 << index, read };
  byName.set(name, key);
  byLength[name.length] ??= [];
  byLength[name.length]?.push(key);
}

/** Engines take orders by these, about scheduling, caches and other machines: a caller gives none. */
const droppedKeys = ['cache_salt', 'priority', 'kv_transfer_params', 'rid'];
const droppedPrefix = 'bootstrap_';

/** The key between the bytes, of which none is a backslash. Compares bytes: a string per key would cost 60 ns each. */
export function keyAt(body: Buffer, start: number, end: number): BodyKey | undefined {
  const keys = byLength[end - start];
  if (keys === undefined) return undefined;
  for (const key of keys) if (isText(body, start, key.name)) return key;
  return undefined;
}

export function keyNamed(name: string): BodyKey | undefined {
  return byName.get(name);
}

export function isDroppedAt(body: Buffer, start: number, end: number): boolean {
  for (const name of droppedKeys) if (end - start === name.length && isText(body, start, name)) return true;
  return end - start > droppedPrefix.length && isText(body, start, droppedPrefix);
}

export function isDroppedName(name: string): boolean {
  return droppedKeys.includes(name) || name.startsWith(droppedPrefix);
}

function isText(body: Buffer, start: number, text: string): boolean {
  for (let at = 0; at < text.length; at++) if (body[start + at] !== text.charCodeAt(at)) return false;
  return true;
}

function sessionHint(facts: BodyFacts, body: Buffer, start: number, end: number): void {
  if (facts.session === null && body[start] === quote) facts.session = { start, end };
}

function atMost(name: string): ReadValue {
  return (facts, body, start, end) => {
    const tokens = wholeNumber(body, start, end, name);
    if (tokens !== null) facts.maxOutputTokens = Math.max(facts.maxOutputTokens ?? 0, tokens);
  };
}

function choices(name: string): ReadValue {
  return (facts, body, start, end) => {
    facts.choices = Math.max(facts.choices, wholeNumber(body, start, end, name) ?? 1);
  };
}

function includeUsage(body: Buffer, start: number, end: number): boolean | null {
  // What nearly every client sends that sends any.
  if (end - start === plainUsage.length && isText(body, start, plainUsage)) return true;
  if (end - start > maxNameBytes) throw new Refused('"stream_options" is too long.', 'stream_options');
  const options = parsed(body, start, end, 'stream_options');
  if (options === null) return null;
  if (typeof options !== 'object' || Array.isArray(options)) return refuse('stream_options', 'an object');
  const wanted = 'include_usage' in options ? options.include_usage : null;
  return typeof wanted === 'boolean' || wanted === null
    ? wanted
    : refuse('stream_options.include_usage', 'true or false');
}

/** Null is as good as absent. Engines read 1 and "true" as true, and some do not: neither is passed on. */
function boolean(body: Buffer, start: number, name: string): boolean | null {
  const first = body[start];
  if (first === 116) return true;
  if (first === 102) return false;
  return first === 110 ? null : refuse(name, 'true or false');
}

function wholeNumber(body: Buffer, start: number, end: number, name: string): number | null {
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = (body[at] as number) - 48;
    if (digit < 0 || digit > 9) {
      value = unusualNumber(body, start, end, name);
      break;
    }
    value = value * 10 + digit;
  }
  if (value === -1) return null;
  return Number.isSafeInteger(value) ? value : refuse(name, 'a whole number');
}

/** `null` (here -1), `1e3`, `16.0`, or what is refused. */
function unusualNumber(body: Buffer, start: number, end: number, name: string): number {
  const value = end - start > maxNameBytes ? undefined : parsed(body, start, end, name);
  if (value === null) return -1;
  return typeof value === 'number' && value >= 0 ? value : refuse(name, 'a whole number');
}

function shortText(body: Buffer, start: number, end: number, name: string): string | null {
  if (body[start] === 110) return null;
  if (body[start] !== quote) return refuse(name, 'a string');
  if (end - start > maxNameBytes) throw new Refused(`"${name}" is too long.`, name);
  return textAt(body, start, end);
}

function parsed(body: Buffer, start: number, end: number, name: string): unknown {
  try {
    return JSON.parse(body.toString('utf8', start, end));
  } catch {
    throw new Refused(`"${name}" is not valid JSON.`, name);
  }
}

function refuse(name: string, what: string): never {
  throw new Refused(`"${name}" must be ${what}.`, name);
}
