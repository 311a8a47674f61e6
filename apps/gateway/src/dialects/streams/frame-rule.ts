import type { TokenCounts } from '@signalbox/domain';
import type { Renaming } from '../dialect.ts';
import type { Edit } from '../json/edit-bytes.ts';
import { memberOf } from '../json/walk-json.ts';
import type { Frame } from './frame.ts';

/** How the answer's API tells usage, end and errors in its frames. */
export interface FrameRule {
  /**
   * Looks at a frame with data, notes usage and the end, and adds what must change in it to `edits`. False when the
   * frame has to wait for the one that follows; only the last frame that came (`isLast`) may be asked to.
   */
  read(bytes: Buffer, frame: Frame, edits: Edit[], isLast: boolean): boolean;
  readonly usage: TokenCounts | undefined;
  readonly finishReason: string | null;
  /** The end mark was seen, or the engine told an error itself. */
  readonly hasEnded: boolean;
  /** Whether an answer without an end mark is a broken one. */
  readonly needsEnd: boolean;
}

/** The engine's own error as the caller is told it, in place of the frame; `frames` came before it. */
export type ErrorFrame = (data: Buffer, frames: number) => string;

/** What a frame is edited with where the caller knows the model by another name; made once per route and backend. */
export interface NameInFrames {
  key: 'model' | 'model_name';
  /** The values as they stand in JSON, quotes included. */
  served: Buffer;
  public: Buffer;
}

/** Undefined where nothing is to be renamed. */
export function nameInFrames(names: Renaming, key: NameInFrames['key']): NameInFrames | undefined {
  if (names.served === names.public) return undefined;
  return { key, served: Buffer.from(JSON.stringify(names.served)), public: Buffer.from(JSON.stringify(names.public)) };
}

/** The name in an object that stands between two places, if it is the engine's. */
export function renameIn(
  bytes: Buffer,
  start: number,
  end: number,
  edits: Edit[],
  name: NameInFrames | undefined,
): void {
  if (name === undefined) return;
  const found = memberOf(bytes, start, end, name.key);
  if (found === undefined || !name.served.equals(bytes.subarray(found.valueStart, found.valueEnd))) return;
  edits.push({ at: found.valueStart, remove: name.served.length, insert: name.public });
}
