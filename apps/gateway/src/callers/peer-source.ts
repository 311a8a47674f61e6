import type { Peer } from './call-handler.ts';
import { callerAddress, type TrustedProxies } from './trusted-proxies.ts';

/** Whom the requests of one connection come from: always the same, unless it is a proxy's that tells of each. */
export class PeerSource {
  readonly #proxies: TrustedProxies | undefined;
  #peer: Peer;

  /** `address` is the socket's, or what the PROXY protocol announced in its stead. */
  constructor(address: string, path: Peer['path'], proxies: TrustedProxies) {
    this.#peer = { address, path };
    this.#proxies = proxies.has(address) ? proxies : undefined;
  }

  /** Another server goes on with the connection. */
  movesTo(path: Peer['path']): void {
    this.#peer = { address: this.#peer.address, path };
  }

  of(forwardedFor: string | undefined): Peer {
    if (this.#proxies === undefined || forwardedFor === undefined) return this.#peer;
    const { address, path } = this.#peer;
    return { address: callerAddress(address, forwardedFor, this.#proxies), path };
  }
}
