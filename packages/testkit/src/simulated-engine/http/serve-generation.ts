import { Buffer } from 'node:buffer';
import type { EndReason } from '../engine/job.ts';
import type { Output } from '../engine/output-text.ts';
import { pieceAt } from '../engine/output-text.ts';
import { ApiError } from './api-error.ts';
import type { Exchange } from './exchange.ts';

/** One of the `n` answers of a request. */
export type Choice = {
  readonly index: number;
  readonly prompt: string;
  readonly promptTokens: number;
  readonly output: Output;
  /** The name of the function it calls, when its text is that call's arguments. */
  readonly toolName: string | null;
  cachedTokens: number;
  produced: number;
  ended: EndReason | null;
};

/** How one API words what the engine does. Pure; `serveGeneration` does the sending. */
export type Dialect = {
  plain(choices: readonly Choice[]): unknown;
  /** Before the first token. */
  open(choices: readonly Choice[]): string;
  /** For each token; `choice.ended` is set with the last. */
  token(choice: Choice, piece: string, choices: readonly Choice[]): string;
  close(choices: readonly Choice[]): string;
};

export type Generation = {
  readonly choices: readonly Choice[];
  readonly dialect: Dialect;
  readonly isStream: boolean;
  readonly adapter: string | null;
  readonly maxTokens: number;
};

export function textSoFar(choice: Choice): string {
  return choice.output.text.slice(0, choice.produced * 4);
}

export function refuseIfBroken({ simulation }: Exchange): void {
  const { dead, healthLies, failRate } = simulation.faults;
  if (dead) {
    const message = 'EngineCore encountered an issue. See stack trace (above) for the root cause.';
    throw new ApiError(500, 'InternalServerError', message);
  }
  if (healthLies || (failRate > 0 && simulation.random() < failRate)) {
    throw new ApiError(500, 'InternalServerError', 'Internal server error');
  }
}

/** Submits every choice, sends what comes, and takes all of it back when the client goes. */
export function serveGeneration(exchange: Exchange, generation: Generation): void {
  refuseIfBroken(exchange);
  const { simulation, response } = exchange;
  const { choices, dialect, isStream } = generation;
  const { failAfterTokens, stallAfterTokens, slowFirstTokenMs } = simulation.faults;
  let tokens = 0;
  let hasOpened = false;
  let left = choices.length;

  const isStalled = () => stallAfterTokens !== null && tokens > stallAfterTokens;
  const send = (frames: string) => {
    if (frames !== '') response.write(frames);
  };
  const deliver = (choice: Choice, piece: string) => {
    if (!isStream) return;
    if (!hasOpened) send(dialect.open(choices));
    hasOpened = true;
    send(dialect.token(choice, piece, choices));
  };
  const finish = () => {
    if (isStalled() || response.destroyed) return;
    if (isStream) response.end(dialect.close(choices));
    else exchange.json(dialect.plain(choices));
  };
  const onToken = (choice: Choice, index: number) => {
    tokens += 1;
    choice.produced = index + 1;
    const isLast = choice.produced === choice.output.tokens;
    if (isLast) choice.ended = choice.output.finishReason;
    if (failAfterTokens !== null && tokens > failAfterTokens) response.destroy();
    else if (!isStalled()) deliver(choice, pieceAt(choice.output, index));
  };
  const onEnd = (choice: Choice, reason: EndReason) => {
    left -= 1;
    if (choice.ended === null) {
      choice.ended = reason;
      if (!isStalled()) deliver(choice, '');
    }
    if (left === 0) finish();
  };

  if (isStream) exchange.startEvents();
  const cancels = choices.map((choice) =>
    simulation.engine.submit({
      prompt: Buffer.from(choice.prompt, 'utf8'),
      promptTokens: choice.promptTokens,
      outputTokens: choice.output.tokens,
      finishReason: choice.output.finishReason,
      maxTokens: generation.maxTokens,
      choices: choices.length,
      adapter: generation.adapter,
      delayMs: slowFirstTokenMs,
      onAdmitted: (cachedTokens) => {
        choice.cachedTokens = cachedTokens;
      },
      onToken: (index) => onToken(choice, index),
      onEnd: (reason) => onEnd(choice, reason),
    }),
  );
  response.once('close', () => {
    for (const cancel of cancels) cancel();
  });
}
