/** Four buckets per doubling, up to a million: an estimate is at most 19 % above the true quantile. */
const perDoubling = 4;
const bucketCount = 21 * perDoubling;
const quantile = 0.95;
const learnedAfter = 20;
const recountEvery = 32;
/** Old answers count half after this many new ones: a route that changes its habits is followed. */
const halveAt = 2_048;
const guessedBytesPerToken = 4;

/**
 * Guesses how many tokens a request of a route will use, from those before it. Reserving `max_tokens` whole would
 * let in next to nothing where callers set it absurdly high. By its p95, one answer in twenty is longer than was
 * reserved, by at most `max_tokens` minus the reservation each; the other nineteen hold more than they use, so that
 * all in flight together rarely pass what they reserved. Nothing is learned yet: the whole of `max_tokens`.
 */
export class TokenEstimate {
  readonly #counts = new Float64Array(bucketCount);
  #samples = 0;
  #sinceRecount = 0;
  #p95 = Number.POSITIVE_INFINITY;
  #tokensPerByte = 1 / guessedBytesPerToken;

  input(bodyBytes: number): number {
    return Math.ceil(bodyBytes * this.#tokensPerByte);
  }

  /** `most` is the largest answer that the route allows, for requests that set no `max_tokens` or too large a one. */
  output(maxTokens: number | null, most: number, choices: number): number {
    const bound = maxTokens === null || maxTokens > most ? most : maxTokens;
    return Math.min(bound, this.#p95) * choices;
  }

  /** From answers that came whole, per choice. An answer of nothing (embeddings) is as good as any. */
  learn(bodyBytes: number, input: number, output: number): void {
    if (input > 0 && bodyBytes > 0) this.#tokensPerByte += (input / bodyBytes - this.#tokensPerByte) / 64;
    const at = bucketOf(output);
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#samples++;
    if (++this.#sinceRecount < recountEvery && this.#samples !== learnedAfter) return;
    this.#sinceRecount = 0;
    if (this.#samples >= learnedAfter) this.#recount();
  }

  #recount(): void {
    if (this.#samples >= halveAt) {
      for (let at = 0; at < bucketCount; at++) this.#counts[at] = (this.#counts[at] ?? 0) / 2;
      this.#samples /= 2;
    }
    let above = this.#samples * (1 - quantile);
    for (let at = bucketCount - 1; at >= 0; at--) {
      above -= this.#counts[at] ?? 0;
      if (above < 0) {
        this.#p95 = topOf(at);
        return;
      }
    }
  }
}

/** 0, 1, 2 and 3 by themselves, then four buckets between powers of two; from the bits, without a logarithm. */
function bucketOf(tokens: number): number {
  const whole = Math.min(Math.max(0, Math.ceil(tokens)), (1 << 20) - 1);
  if (whole < perDoubling) return whole;
  const exponent = 31 - Math.clz32(whole);
  return (exponent - 1) * perDoubling + ((whole >>> (exponent - 2)) & (perDoubling - 1));
}

/** The largest number in it. */
function topOf(bucket: number): number {
  if (bucket < perDoubling) return bucket;
  const exponent = Math.floor(bucket / perDoubling) + 1;
  const part = bucket % perDoubling;
  return (1 << exponent) + (part + 1) * (1 << (exponent - 2)) - 1;
}
