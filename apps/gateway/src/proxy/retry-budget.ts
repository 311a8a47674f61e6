const windowMs = 10_000;
const share = 0.2;
/** What is always allowed, so that a quiet gateway may retry as well. */
const leastPerWindow = 100;

/**
 * How many second tries there may be: a fifth of the requests of the last ten seconds, and ten a second in any case.
 * Beyond that retries make an overload worse instead of hiding a fault.
 */
export class RetryBudget {
  #windowAt = Number.NEGATIVE_INFINITY;
  #requests = 0;
  #retries = 0;
  #formerRequests = 0;
  #formerRetries = 0;

  request(now: number): void {
    this.#turn(now);
    this.#requests++;
  }

  /** Takes a retry out of the budget, if there is one. */
  take(now: number): boolean {
    this.#turn(now);
    const left = 1 - (now - this.#windowAt) / windowMs;
    const requests = this.#requests + this.#formerRequests * left;
    const retries = this.#retries + this.#formerRetries * left;
    if (retries >= Math.max(leastPerWindow, requests * share)) return false;
    this.#retries++;
    return true;
  }

  #turn(now: number): void {
    const passed = now - this.#windowAt;
    if (passed < windowMs) return;
    const isNext = passed < 2 * windowMs;
    this.#formerRequests = isNext ? this.#requests : 0;
    this.#formerRetries = isNext ? this.#retries : 0;
    this.#requests = 0;
    this.#retries = 0;
    this.#windowAt = isNext ? this.#windowAt + windowMs : now;
  }
}
