import type { Reply, ReplyOwner } from '../reply.ts';
import { type CorsRoute, corsLines } from './cors-policy.ts';

/**
 * The reply to a page of another origin: whatever is answered says whether the page may read it. Made only for requests
 * that name an origin, and only where some route allows one.
 */
export class CorsReply implements Reply {
  readonly #reply: Reply;
  readonly #origin: string;
  #routes: readonly CorsRoute[];

  /** `routes`: those that allow some origin. Until a request's own route is known, any of them may allow its page. */
  constructor(reply: Reply, origin: string, routes: readonly CorsRoute[]) {
    this.#reply = reply;
    this.#origin = origin;
    this.#routes = routes;
  }

  /** From now on this route alone says who may read the answer. */
  belongsTo(route: CorsRoute): void {
    this.#routes = [route];
  }

  get isOpen(): boolean {
    return this.#reply.isOpen;
  }

  get hasStarted(): boolean {
    return this.#reply.hasStarted;
  }

  get owner(): ReplyOwner | undefined {
    return this.#reply.owner;
  }

  set owner(owner: ReplyOwner | undefined) {
    this.#reply.owner = owner;
  }

  start(status: number, lines: string, length: number | undefined): void {
    this.#reply.start(status, lines + corsLines(this.#origin, this.#routes), length);
  }

  write(bytes: Buffer): boolean {
    return this.#reply.write(bytes);
  }

  end(bytes?: Buffer): void {
    this.#reply.end(bytes);
  }

  breakOff(): void {
    this.#reply.breakOff();
  }
}
