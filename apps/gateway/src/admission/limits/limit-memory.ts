import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, type Logger, monotonicMs } from '@signalbox/runtime';
import { z } from 'zod';
import { parseJson } from '../../parse-json.ts';
import { writeWhole } from '../../whole-file.ts';
import type { UsedLimit } from './used-limits.ts';

const fileName = 'used-limits.json';
const everyMs = 1_000;
/** 10,000 limits that were used all day take this process 0.2 s: then they are written every 20 s. */
const mostOfTime = 0.01;

const fileSchema = z.object({
  savedAt: z.number().nonnegative(),
  limits: z
    .array(
      z.object({
        id: z.string(),
        per: z.enum(['minute', 'day']),
        used: z.array(z.tuple([z.number().nonnegative(), z.number().nonnegative()]).readonly()).readonly(),
      }),
    )
    .readonly(),
});

/**
 * What was used of limits, on disk: a gateway that is started anew goes on from there, and callers have no more than
 * their day's tokens in a day with a restart. After a kill, what was used in the last second is forgotten.
 */
export class LimitMemory {
  readonly #folder: string;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #log: Logger;
  #writing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #isFailing = false;
  /** What the file says, but for how long ago: with nothing new there is nothing to write. Undefined: not known. */
  #written: string | undefined = amountsOf([]);

  constructor(options: { folder: string; clock: Pick<Clock, 'now'>; log: Logger }) {
    this.#folder = options.folder;
    this.#clock = options.clock;
    this.#log = options.log;
  }

  /** As of now. A damaged file is passed over: then nothing was used. */
  async read(): Promise<readonly UsedLimit[]> {
    const text = await readFile(join(this.#folder, fileName), 'utf8').catch(() => undefined);
    if (text === undefined) return [];
    const parsed = fileSchema.safeParse(parseJson(text));
    this.#written = parsed.success ? amountsOf(parsed.data.limits) : undefined;
    if (!parsed.success) {
      this.#log.warn('what was used of limits is damaged on disk and was passed over', { file: fileName });
      return [];
    }
    const { savedAt, limits } = parsed.data;
    // A clock that was set back: nothing has left its window since.
    const awayMs = Math.max(0, this.#clock.now() - savedAt);
    return limits.map(({ used, ...limit }) => ({
      ...limit,
      used: used.map(([ago, amount]) => [ago + awayMs, amount]),
    }));
  }

  /** Asks again and again what was used until it is stopped. */
  start(used: () => readonly UsedLimit[]): void {
    const again = (): void => {
      const before = monotonicMs();
      void this.#save(used());
      this.#timer = setTimeout(again, Math.max(everyMs, (monotonicMs() - before) / mostOfTime)).unref();
    };
    this.#timer = setTimeout(again, everyMs).unref();
  }

  /** Writes this as the last. */
  stop(used: readonly UsedLimit[]): Promise<void> {
    clearTimeout(this.#timer);
    return this.#save(used);
  }

  /** In the order of the calls, behind the traffic: a full disk is logged and stops nothing. */
  #save(limits: readonly UsedLimit[]): Promise<void> {
    const amounts = amountsOf(limits);
    if (amounts === this.#written) return this.#writing;
    this.#written = amounts;
    const text = JSON.stringify({ savedAt: this.#clock.now(), limits } satisfies z.input<typeof fileSchema>);
    this.#writing = this.#writing.then(async () => {
      try {
        await mkdir(this.#folder, { recursive: true, mode: 0o700 });
        await writeWhole(join(this.#folder, fileName), text);
        this.#isFailing = false;
      } catch (error) {
        // Said once: it is tried again and again.
        if (!this.#isFailing) this.#log.error('what was used of limits could not be kept on disk', { error });
        this.#isFailing = true;
        this.#written = undefined;
      }
    });
    return this.#writing;
  }
}

function amountsOf(limits: readonly UsedLimit[]): string {
  return JSON.stringify(limits.map(({ id, per, used }) => [id, per, used.map(([, amount]) => amount)]));
}
