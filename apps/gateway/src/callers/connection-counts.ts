import { networkOf } from '../admission/bad-keys.ts';

/** Callers' connections in all and by the network they come from. When it is full, the newest is the one refused. */
export class ConnectionCounts {
  readonly #most: number;
  readonly #mostPerAddress: number;
  readonly #byNetwork = new Map<string, number>();
  #all = 0;

  constructor({ most, mostPerAddress }: { most: number; mostPerAddress: number }) {
    this.#most = most;
    this.#mostPerAddress = mostPerAddress;
  }

  get all(): number {
    return this.#all;
  }

  /** False when there are as many as there may be. */
  enter(): boolean {
    if (this.#all >= this.#most) return false;
    this.#all++;
    return true;
  }

  leave(): void {
    this.#all--;
  }

  /** The same for one address: to be called once it is known whose the connection is. */
  enterFrom(address: string): boolean {
    const network = networkOf(address);
    const count = this.#byNetwork.get(network) ?? 0;
    if (count >= this.#mostPerAddress) return false;
    this.#byNetwork.set(network, count + 1);
    return true;
  }

  leaveFrom(address: string): void {
    const network = networkOf(address);
    const count = (this.#byNetwork.get(network) ?? 0) - 1;
    if (count > 0) this.#byNetwork.set(network, count);
    else this.#byNetwork.delete(network);
  }
}
