import type { Logger } from '@signalbox/runtime';
import type { Deadlines } from '../deadlines.ts';
import type { ShadowDrop } from '../observe/observers.ts';
import type { Asked } from '../proxy/exchanged-call.ts';
import type { Backend } from '../routing/routing-table.ts';
import { copiedRequest, type SentRequest } from './copied-request.ts';
import { isSampled } from './is-sampled.ts';
import { ShadowCopy, type ShadowEnd } from './shadow-copy.ts';
import type { ShadowTarget } from './shadow-target.ts';
import { spareReplica } from './spare-replica.ts';

/** Bodies of copies under way; beyond it there are none, whatever their number. */
const mostBytes = 32 * 1024 * 1024;

export interface ShadowsParts {
  deadlines: Deadlines;
  random: () => number;
  monotonicMs: () => number;
  log: Pick<Logger, 'debug'>;
}

interface Offer {
  requestId: string;
  asked: Asked;
  /** The caller's request lets go of it when its answer begins. */
  body: Buffer;
  sent: SentRequest;
  target: ShadowTarget<Backend>;
}

/**
 * Copies of callers' requests for the revision that a route shadows. A copy never costs a caller anything: it goes
 * after all requests of its turn have gone, only to a replica with room to spare, waits nowhere, is not tried again, and
 * makes way once the room is needed.
 */
export class Shadows {
  readonly #parts: ShadowsParts;
  readonly #underWay = new Set<ShadowCopy>();
  #offers: Offer[] = [];
  #bytes = 0;
  #closed = false;
  readonly #run = (): void => this.#sendAll();

  constructor(parts: ShadowsParts) {
    this.#parts = parts;
  }

  /** Of a request that has just gone to a replica, whether it may be copied or not. */
  offer(requestId: string, asked: Asked, target: ShadowTarget<Backend>, sent: SentRequest): void {
    // The caller's own request is the sample.
    if (this.#closed || sent.backend.revisionId === target.backend.revisionId) return;
    const { basisPoints, backend } = target;
    const share = { basisPoints, revisionId: backend.revisionId };
    if (!isSampled(share, asked.pick.stickyHash, this.#parts.random())) return;
    const because = this.#obstacle(asked, target);
    if (because !== undefined) return void target.observer.dropped(because);
    target.copies.underWay++;
    const { body } = asked.request;
    this.#bytes += body.length;
    if (this.#offers.push({ requestId, asked, body, sent, target }) === 1) setImmediate(this.#run);
  }

  /** The gateway leaves: callers' requests alone have the time that is left. */
  close(): void {
    this.#closed = true;
    for (const copy of [...this.#underWay]) copy.giveUp();
  }

  #obstacle({ route, request }: Asked, target: ShadowTarget<Backend>): ShadowDrop | undefined {
    if ((route.gate.queue?.waiting ?? 0) > 0) return 'callersWait';
    if (target.copies.underWay >= target.maxConcurrent) return 'concurrency';
    return this.#bytes + request.body.length > mostBytes ? 'bytes' : undefined;
  }

  #sendAll(): void {
    const offers = this.#offers;
    this.#offers = [];
    for (const offer of offers) {
      const because = this.#closed ? 'closing' : this.#send(offer);
      if (because === undefined) continue;
      offer.target.observer.dropped(because);
      this.#release(offer.body.length, offer.target);
    }
  }

  #send({ requestId, asked, body, sent, target }: Offer): ShadowDrop | undefined {
    const { deadlines, monotonicMs: now } = this.#parts;
    const { facts, replicas } = target.backend;
    const replica = spareReplica(replicas, facts.maxInFlightPerReplica, now());
    if (replica === 'none') return 'noReplica';
    if (replica === 'full') return 'full';
    const request = copiedRequest({ ...asked.request, body }, sent, target.backend);
    if (request === undefined) return 'unsuitable';
    const ended = (over: ShadowCopy, end: ShadowEnd): void => this.#ended(over, end);
    const copy = new ShadowCopy({ requestId, asked, bytes: body.length, target, replica, request, now, ended });
    replica.shadowCopies++;
    this.#underWay.add(copy);
    deadlines.enter(copy);
    copy.send();
    return undefined;
  }

  #ended(copy: ShadowCopy, end: ShadowEnd): void {
    const { requestId, bytes, target, replica } = copy.parts;
    this.#underWay.delete(copy);
    this.#parts.deadlines.leave(copy);
    replica.shadowCopies--;
    this.#release(bytes, target);
    target.observer.ended(end.outcome, end.durationMs, end.outputTokens);
    const { name } = target.backend;
    this.#parts.log.debug('shadow copy ended', { requestId, revision: name, replicaId: replica.id, ...end });
  }

  #release(bytes: number, { copies }: ShadowTarget): void {
    copies.underWay--;
    this.#bytes -= bytes;
  }
}
