import { BlockList, isIP, isIPv4 } from 'node:net';

/** Longer chains are made up; the hops next to us are the ones that count. */
const maxHops = 32;

/** The proxies whose word is taken for whom they speak for. */
export class TrustedProxies {
  readonly #list = new BlockList();
  readonly isEmpty: boolean;

  /** Addresses and networks in CIDR notation, as `cidrProblem` lets them pass. */
  constructor(cidrs: readonly string[]) {
    this.isEmpty = cidrs.length === 0;
    for (const cidr of cidrs) {
      const [text = '', bits] = cidr.split('/');
      const address = plainAddress(text) ?? text;
      const isV4 = isIPv4(address);
      this.#list.addSubnet(address, bits === undefined ? (isV4 ? 32 : 128) : Number(bits), isV4 ? 'ipv4' : 'ipv6');
    }
  }

  has(address: string): boolean {
    if (this.isEmpty) return false;
    const plain = plainAddress(address);
    return plain !== undefined && this.#list.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6');
  }
}

/** What is wrong with an address or network; undefined when nothing is. */
export function cidrProblem(cidr: string): string | undefined {
  const [text = '', bits, ...more] = cidr.split('/');
  const version = isIP(text);
  if (version === 0 || text.includes('%') || more.length > 0)
    return `${JSON.stringify(cidr)} is no address or network such as 10.0.0.0/8`;
  const most = version === 4 ? 32 : 128;
  if (bits !== undefined && !(/^(0|[1-9]\d{0,2})$/.test(bits) && Number(bits) <= most))
    return `${JSON.stringify(cidr)}: the length of the prefix goes from 0 to ${most}`;
  // Taken for IPv4 where callers come in, such a network would mean something else than it says.
  return version === 6 && /^::ffff:/i.test(text) ? `${JSON.stringify(cidr)}: write it as IPv4` : undefined;
}

/**
 * Where a request comes from: of the hops that `X-Forwarded-For` names, the one nearest to us that is no trusted
 * proxy. Whoever is farther away could have been made up by that one. `peer` is a trusted proxy itself; a hop that is
 * no address ends the search at the proxy that told of it.
 */
export function callerAddress(peer: string, forwardedFor: string, proxies: TrustedProxies): string {
  let nearest = plainAddress(peer) ?? peer;
  let end = forwardedFor.length;
  for (let hops = 0; hops < maxHops && end >= 0; hops++) {
    const comma = end === 0 ? -1 : forwardedFor.lastIndexOf(',', end - 1);
    const hop = hopAddress(forwardedFor.slice(comma + 1, end).trim());
    if (hop === undefined) return nearest;
    nearest = hop;
    if (!proxies.has(hop)) return nearest;
    end = comma;
  }
  return nearest;
}

/** Some proxies add the port: `1.2.3.4:5678`, `[::1]:5678`. */
function hopAddress(hop: string): string | undefined {
  const withPort = /^(?:\[([0-9a-f:.]+)\]|(\d+\.\d+\.\d+\.\d+))(?::\d{1,5})?$/i.exec(hop);
  return plainAddress(withPort?.[1] ?? withPort?.[2] ?? hop);
}

const mapped = /^(?:0{0,4}:){1,5}:?ffff:(?:(\d+\.\d+\.\d+\.\d+)|([0-9a-f]{1,4}):([0-9a-f]{1,4}))$/i;

/** IPv4 in the clothes of IPv6 is IPv4; zones are the link's own business. Undefined for what is no address. */
export function plainAddress(address: string): string | undefined {
  const zone = address.indexOf('%');
  const bare = zone < 0 ? address : address.slice(0, zone);
  const version = isIP(bare);
  if (version !== 6) return version === 0 ? undefined : bare;
  const lower = bare.toLowerCase();
  const match = mapped.exec(lower);
  if (match === null) return lower;
  if (match[1] !== undefined) return match[1];
  const [high, low] = [Number.parseInt(match[2] ?? '', 16), Number.parseInt(match[3] ?? '', 16)];
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}
