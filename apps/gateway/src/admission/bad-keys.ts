const windowMs = 60_000;

interface Failures {
  count: number;
  since: number;
}

/**
 * Counts unknown keys by the address they come from. It looks only at requests whose key is not known, so whoever
 * shares an address with a guesser is served as ever. Bounded in memory: the address that failed longest ago goes.
 */
export class BadKeys {
  readonly #failures = new Map<string, Failures>();
  readonly #perMinute: number;
  readonly #mostAddresses: number;

  constructor({ perMinute = 60, mostAddresses = 10_000 }: { perMinute?: number; mostAddresses?: number } = {}) {
    this.#perMinute = perMinute;
    this.#mostAddresses = mostAddresses;
  }

  /** Books one; undefined while it may be told that its key is wrong, else ms until it may again. */
  failed(address: string, now: number): number | undefined {
    const network = networkOf(address);
    const former = this.#failures.get(network);
    const failures = former !== undefined && now - former.since < windowMs ? former : { count: 0, since: now };
    failures.count++;
    this.#failures.delete(network);
    this.#failures.set(network, failures);
    if (this.#failures.size > this.#mostAddresses) {
      const oldest = this.#failures.keys().next();
      if (!oldest.done) this.#failures.delete(oldest.value);
    }
    return failures.count > this.#perMinute ? failures.since + windowMs - now : undefined;
  }
}

/** One host has a whole /64 of IPv6 addresses to send from. */
export function networkOf(address: string): string {
  if (!address.includes(':') || address.includes('.')) return address.replace(/^::ffff:/i, '');
  const [head = '', tail] = address.split('::');
  const first = head.split(':').filter(Boolean);
  const last = tail === undefined ? [] : tail.split(':').filter(Boolean);
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - first.length - last.length);
  const groups = [...first, ...Array.from({ length: zeros }, () => '0'), ...last];
  return groups
    .slice(0, 4)
    .map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''))
    .join(':');
}
