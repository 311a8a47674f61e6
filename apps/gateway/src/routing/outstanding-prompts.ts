/** A prompt that a replica was sent and may still be reading. */
export interface OutstandingPrompt {
  readonly tokens: number;
  readonly sentAt: number;
  older: OutstandingPrompt | undefined;
  newer: OutstandingPrompt | undefined;
  isCounted: boolean;
}

/** An answer that is not streamed shows nothing until it is whole: its prompt is taken for read after this time. */
const presumedReadAfterMs = 5_000;

/** The prompts one replica has not read yet, as far as the gateway knows, oldest first. */
export class OutstandingPrompts {
  tokens = 0;
  #oldest: OutstandingPrompt | undefined;
  #newest: OutstandingPrompt | undefined;

  add(prompt: OutstandingPrompt): void {
    this.forgetOld(prompt.sentAt);
    prompt.older = this.#newest;
    if (this.#newest === undefined) this.#oldest = prompt;
    else this.#newest.newer = prompt;
    this.#newest = prompt;
    prompt.isCounted = true;
    this.tokens += prompt.tokens;
  }

  /** Its answer has begun, or it is over. Harmless when said twice. */
  remove(prompt: OutstandingPrompt): void {
    if (!prompt.isCounted) return;
    const { older, newer } = prompt;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    prompt.older = undefined;
    prompt.newer = undefined;
    prompt.isCounted = false;
    this.tokens = this.#oldest === undefined ? 0 : this.tokens - prompt.tokens;
  }

  forgetOld(now: number): void {
    while (this.#oldest !== undefined && now - this.#oldest.sentAt > presumedReadAfterMs) this.remove(this.#oldest);
  }
}
