import { isIPv4, isIPv6 } from 'node:net';

/** Which versions of the PROXY protocol may stand before a connection. */
export type ProxyVersions = 'v1' | 'v2' | 'any';

export type ProxyHeader =
  /** So far it may become one. */
  | { kind: 'unfinished' }
  | { kind: 'malformed' }
  /** Its bytes, and who is behind the proxy; null where it speaks for itself or does not know. */
  | { kind: 'whole'; bytes: number; address: string | null };

const unfinished: ProxyHeader = { kind: 'unfinished' };
const malformed: ProxyHeader = { kind: 'malformed' };
const whole = (bytes: number, address: string | null): ProxyHeader => ({ kind: 'whole', bytes, address });

const v1Start = Buffer.from('PROXY ');
/** The longest line that the specification knows, with its CRLF. */
const v1MaxBytes = 107;
const v2Start = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const v2HeadBytes = 16;
/** Addresses and a good many extensions; proxies that tell more than that are not known. */
const v2MaxBytes = v2HeadBytes + 2_048;

/**
 * Reads the header that a proxy puts before a connection (PROXY protocol 1 and 2). Pure and strict: asked anew with
 * more bytes it comes to the same end, and whatever is not exactly of the grammar is malformed as soon as that is sure.
 */
export function readProxyHeader(bytes: Buffer, versions: ProxyVersions): ProxyHeader {
  if (versions !== 'v2' && startsLike(bytes, v1Start)) return readV1(bytes);
  if (versions !== 'v1' && startsLike(bytes, v2Start)) return readV2(bytes);
  return malformed;
}

/** As far as either goes. */
function startsLike(bytes: Buffer, start: Buffer): boolean {
  const length = Math.min(bytes.length, start.length);
  return bytes.compare(start, 0, length, 0, length) === 0;
}

function readV1(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, v1MaxBytes).indexOf('\r\n');
  if (end < 0) return bytes.length < v1MaxBytes ? unfinished : malformed;
  const [, family, source, destination, sourcePort, destinationPort, ...more] = bytes
    .toString('latin1', 0, end)
    .split(' ');
  // What follows is to be ignored, whatever it is.
  if (family === 'UNKNOWN') return whole(end + 2, null);
  const isAddress = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isPlainIPv6 : undefined;
  if (isAddress === undefined || more.length > 0) return malformed;
  if (!isAddress(source ?? '') || !isAddress(destination ?? '')) return malformed;
  if (!isPort(sourcePort) || !isPort(destinationPort)) return malformed;
  return whole(end + 2, source ?? null);
}

function isPlainIPv6(text: string): boolean {
  return isIPv6(text) && !text.includes('%');
}

function isPort(text: string | undefined): boolean {
  return text !== undefined && /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535;
}

/** By family and transport: bytes of the addresses with their ports. */
const addressBytes: Readonly<Record<number, number>> = { 0: 0, 17: 12, 33: 36, 49: 216 };

function readV2(bytes: Buffer): ProxyHeader {
  const command = bytes[12];
  if (command === undefined) return unfinished;
  if (command !== 0x20 && command !== 0x21) return malformed;
  const family = bytes[13];
  if (family === undefined) return unfinished;
  const addresses = addressBytes[family];
  // A local connection may name any family: it is not looked at.
  if (addresses === undefined && command === 0x21) return malformed;
  if (bytes.length < v2HeadBytes) return unfinished;
  const end = v2HeadBytes + bytes.readUInt16BE(14);
  if (end > v2MaxBytes) return malformed;
  if (command === 0x21 && end < v2HeadBytes + (addresses ?? 0)) return malformed;
  if (bytes.length < end) return unfinished;
  if (command === 0x20 || family === 0x00) return whole(end, null);
  if (!areExtensions(bytes, v2HeadBytes + (addresses ?? 0), end)) return malformed;
  if (family === 0x11) return whole(end, bytes.subarray(16, 20).join('.'));
  return whole(end, family === 0x21 ? ipv6Text(bytes.subarray(16, 32)) : null);
}

/** Type, length, value, to the very end. */
function areExtensions(bytes: Buffer, from: number, end: number): boolean {
  let at = from;
  while (at + 3 <= end) at += 3 + bytes.readUInt16BE(at + 1);
  return at === end;
}

function ipv6Text(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
  return groups.join(':');
}
