/** Fields of `RequestHead` that a header's value goes into. */
type Kept =
  | 'authorization'
  | 'apiKey'
  | 'cookie'
  | 'contentType'
  | 'contentEncoding'
  | 'requestId'
  | 'traceparent'
  | 'origin'
  | 'idempotencyKey'
  | 'requestTimeout'
  | 'stainlessTimeout'
  | 'retryCount'
  | 'forwardedFor';

/** What is done with a header of a known name; all others go on to the engine as they came. */
export interface Rule {
  readonly name: string;
  readonly forwarded: boolean;
  readonly keep: Kept | undefined;
  /** Its mere presence makes the request one for Node's parser. */
  readonly unusual: boolean;
}

const dropped = (name: string): Rule => ({ name, forwarded: false, keep: undefined, unusual: false });
const unusual = (name: string): Rule => ({ name, forwarded: false, keep: undefined, unusual: true });
const kept = (name: string, keep: Kept, forwarded = false): Rule => ({ name, forwarded, keep, unusual: false });

/**
 * The caller's secrets, framing that the gateway writes anew, hop-by-hop headers, and overrides of engines that only
 * the gateway may give.
 */
export const headerRules = {
  host: dropped('host'),
  connection: dropped('connection'),
  contentLength: dropped('content-length'),
  contentType: kept('content-type', 'contentType', true),
  authorization: kept('authorization', 'authorization'),
  apiKey: kept('x-api-key', 'apiKey'),
  otherApiKey: dropped('api-key'),
  cookie: kept('cookie', 'cookie'),
  contentEncoding: kept('content-encoding', 'contentEncoding', true),
  requestId: kept('x-request-id', 'requestId'),
  traceparent: kept('traceparent', 'traceparent'),
  origin: kept('origin', 'origin'),
  idempotencyKey: kept('idempotency-key', 'idempotencyKey'),
  requestTimeout: kept('x-request-timeout', 'requestTimeout'),
  stainlessTimeout: kept('x-stainless-timeout', 'stainlessTimeout'),
  retryCount: kept('x-stainless-retry-count', 'retryCount', true),
  forwardedFor: kept('x-forwarded-for', 'forwardedFor'),
  forwarded: dropped('forwarded'),
  realIp: dropped('x-real-ip'),
  // Frames and usage are read from what passes: engines are to answer plainly.
  acceptEncoding: dropped('accept-encoding'),
  dataParallelRank: dropped('x-data-parallel-rank'),
  keepAlive: dropped('keep-alive'),
  proxyAuthenticate: dropped('proxy-authenticate'),
  proxyAuthorization: dropped('proxy-authorization'),
  // Node's parser obeys it like Connection.
  proxyConnection: unusual('proxy-connection'),
  te: unusual('te'),
  trailer: unusual('trailer'),
  transferEncoding: unusual('transfer-encoding'),
  upgrade: unusual('upgrade'),
  expect: unusual('expect'),
  http2Settings: unusual('http2-settings'),
} as const satisfies Record<string, Rule>;

const override: Rule = dropped('x-…');
const overridePrefixes = ['x-override-', 'x-gateway-', 'x-signalbox-', 'x-forwarded-'].map((name) => Buffer.from(name));

/** Candidates by length and first letter: a header that is nobody's business costs one look-up. */
const table: ((Rule & { bytes: Buffer })[] | undefined)[] = new Array(64 * 32);
for (const rule of Object.values(headerRules)) {
  const bytes = Buffer.from(rule.name);
  const slot = bytes.length * 32 + ((bytes[0] as number) & 31);
  table[slot] = [...(table[slot] ?? []), Object.assign(rule, { bytes })];
}

/** The rule for the name between the two offsets, in whatever case it came. */
export function ruleFor(bytes: Uint8Array, from: number, end: number): Rule | undefined {
  const length = end - from;
  const first = (bytes[from] as number) & 31;
  const candidates = length < 64 ? table[length * 32 + first] : undefined;
  if (candidates !== undefined)
    for (const candidate of candidates) if (isName(bytes, from, candidate.bytes)) return candidate;
  // 24 is x.
  if (first === 24 && bytes[from + 1] === 45)
    for (const prefix of overridePrefixes) if (length >= prefix.length && isName(bytes, from, prefix)) return override;
  return undefined;
}

const byName = new Map<string, Rule>(Object.values(headerRules).map((rule) => [rule.name, rule]));

/** The same for a name in lower case, as Node's parser gives it. */
export function ruleForName(name: string): Rule | undefined {
  return byName.get(name) ?? (/^x-(?:override|gateway|signalbox|forwarded)-/.test(name) ? override : undefined);
}

function isName(bytes: Uint8Array, from: number, name: Uint8Array): boolean {
  for (let index = 0; index < name.length; index++) {
    const byte = bytes[from + index] as number;
    const lower = byte >= 65 && byte <= 90 ? byte + 32 : byte;
    if (lower !== name[index]) return false;
  }
  return true;
}
