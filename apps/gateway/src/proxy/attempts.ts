import type { CallAttempt } from '../observe/call-summary.ts';
import type { AttemptOutcome } from '../observe/observers.ts';
import { largestShare, type Pick } from '../routing/pick.ts';
import type { Failure } from '../upstream/failure.ts';
import type { ExchangeParts } from './exchange-parts.ts';
import type { ExchangedCall } from './exchanged-call.ts';
import { isRetriableStatus } from './final-error.ts';
import { pickRequestOf } from './pick-request.ts';

const maxAttempts = 2;

/** Which replicas a call was tried with and what came of it; says whether there is another try, and where. */
export class Attempts {
  readonly booked: CallAttempt[] = [];
  readonly #call: ExchangedCall;
  readonly #parts: ExchangeParts;
  #tried: Pick[] | undefined;
  #failures: Failure[] | undefined;
  #full: Pick | undefined;

  constructor(call: ExchangedCall, parts: ExchangeParts) {
    this.#call = call;
    this.#parts = parts;
  }

  /** Before the first byte. */
  get failures(): readonly Failure[] {
    return this.#failures ?? [];
  }

  book(
    { backend, replica }: Pick,
    attempt: { outcome: AttemptOutcome; failure: Failure | null; startedAt: number; outputTokens: number },
  ): void {
    const { outcome, failure, startedAt, outputTokens } = attempt;
    const now = this.#parts.monotonicMs();
    const callStartedAt = this.#call.call.startedAt;
    backend.observer.finished(outcome, now - startedAt, outputTokens);
    this.booked.push({
      replicaId: replica.id,
      revision: backend.name,
      startedMs: startedAt - callStartedAt,
      endedMs: now - callStartedAt,
      failure: failure === null ? null : failure.kind === 'status' ? `status ${failure.status}` : failure.kind,
    });
  }

  /** Where to go after the replica that failed; undefined when it was the last try. */
  afterFailure(failing: Pick, failure: Failure, is: { isRace: boolean; isOver: boolean }): Pick | undefined {
    this.#failures = [...(this.#failures ?? []), failure];
    const next = is.isOver ? undefined : this.#next(failing, failure, is.isRace);
    this.#tried = [...(this.#tried ?? []), failing];
    return next;
  }

  /** Where to go when the replica has no room, which is no failure; undefined: its answer is the caller's. */
  afterFull(full: Pick, failure: Failure): Pick | undefined {
    const next = this.#next(full, failure, false);
    if (next === undefined) return undefined;
    this.#full = full;
    this.#tried = [...(this.#tried ?? []), full];
    return next;
  }

  /** Those that failed this request, of which its caller saw nothing, are told so. To be full is no failure. */
  tellRescued(): void {
    if (this.#tried === undefined) return;
    for (const tried of this.#tried) if (tried !== this.#full) tried.backend.observer.rescued();
  }

  #next(last: Pick, failure: Failure, isRace: boolean): Pick | undefined {
    const { asked, call } = this.#call;
    const { hasher, router, routeNow } = this.#parts;
    if ((this.#tried?.length ?? 0) + 1 >= maxAttempts || !call.reply.isOpen) return undefined;
    if (failure.kind === 'status' && !isRetriableStatus(failure.status)) return undefined;
    const route = routeNow(asked.route.facts.name) ?? asked.route;
    const tried = [...(this.#tried ?? []), last].map(({ replica }) => replica);
    // A route with one replica would spend the budget on tries that there are none of.
    const isAlone = !route.backends.some(({ replicas }) => replicas.some((replica) => !tried.includes(replica)));
    if (isAlone) return failure.kind === 'reset' && this.#mayRetry(isRace) ? last : undefined;
    const prefer = largestShare(route);
    // A canary's failure must hurt no caller, and the keep-alive race is nobody's fault: neither counts as a retry.
    const isFree = isRace || (prefer !== undefined && prefer.revisionId !== last.backend.revisionId);
    if (!this.#mayRetry(isFree)) return undefined;
    const other = router.pick(route, pickRequestOf(asked, hasher), { tried, prefer, requestId: call.id });
    // The only replica: worth another connection when this one broke, since it may have been closing while idle.
    return other ?? (failure.kind === 'reset' ? last : undefined);
  }

  #mayRetry(isFree: boolean): boolean {
    return isFree || this.#parts.budget.take(this.#parts.monotonicMs());
  }
}
