import { PassedReply } from '../passed-reply.ts';
import type { Reply } from '../reply.ts';
import { type CorsRoute, corsLines } from './cors-policy.ts';

/**
 * The reply to a page of another origin: whatever is answered says whether the page may read it. Made only for requests
 * that name an origin, and only where some route allows one.
 */
export class CorsReply extends PassedReply {
  readonly #origin: string;
  #routes: readonly CorsRoute[];

  /** `routes`: those that allow some origin. Until a request's own route is known, any of them may allow its page. */
  constructor(reply: Reply, origin: string, routes: readonly CorsRoute[]) {
    super(reply);
    this.#origin = origin;
    this.#routes = routes;
  }

  /** From now on this route alone says who may read the answer. */
  belongsTo(route: CorsRoute): void {
    this.#routes = [route];
  }

  override start(status: number, lines: string, length: number | undefined): void {
    super.start(status, lines + corsLines(this.#origin, this.#routes), length);
  }
}
