import type { Readable } from 'node:stream';

/** Everything outside that the program touches besides files. Made in main.ts only. */
export interface World {
  version: string;
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  homeFolder: string;
  /** Undefined on systems without user ids. */
  userId: number | undefined;
  stdin: Readable;
  writeOut: (text: string) => void;
  writeError: (text: string) => void;
  terminal: { stdin: boolean; stdout: boolean; stderr: boolean; columns: number };
  now: () => number;
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  newIdempotencyKey: () => string;
  fetch: typeof globalThis.fetch;
  /** Aborts at Ctrl-C. */
  interrupt: AbortSignal;
}
