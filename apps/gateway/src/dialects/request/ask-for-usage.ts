import type { Edit } from '../json/edit-bytes.ts';

/** What the gateway asked for itself and must hide again: the usage in each frame, and the last frame that has only it. */
export interface HiddenUsage {
  /**
   * - `cut`: the frame would have no such key (vLLM).
   * - `null`: the key would be null.
   * - `nullOfTools`: null in frames with tool calls, no key in others (SGLang writes them by two programs).
   */
  each: 'keep' | 'cut' | 'null' | 'nullOfTools';
  last: 'keep' | 'drop';
  /** Without the last frame, its `system_fingerprint` would have been in the one before (vLLM). */
  movesFingerprint: boolean;
}

interface Place {
  start: number;
  end: number;
}

/** Where things stand in the body. */
export interface BodyPlaces {
  /** The value of `stream_options`; undefined when there is none. */
  streamOptions: Place | undefined;
  /** The brace that closes the body's object, which has other members before it. */
  closingBrace: number;
}

export interface UsageRequest {
  edits: Edit[];
  /** Undefined: the caller asked for all of it. */
  hidden: HiddenUsage | undefined;
}

const running = { include_usage: true, continuous_usage_stats: true };
const atTheEnd = { include_usage: true, continuous_usage_stats: false };
const insertRunning = Buffer.from(`,"stream_options":${JSON.stringify(running)}`);
const insertAtTheEnd = Buffer.from(`,"stream_options":{"include_usage":true}`);
const longestOptions = 1_024;

/**
 * Makes an engine tell usage in every frame of a stream, so that a stream that breaks is still counted, and says what
 * of it the caller must not see. Undefined where the engine would not understand, or where the caller's own options
 * are wrong and the engine is to say so. A stream of several choices is asked for its last usage alone, which is of
 * all choices: vLLM's running usage is that of one.
 */
export function askForUsage(
  body: Buffer,
  places: BodyPlaces,
  engine: string,
  api: 'chat' | 'completions',
  choices = 1,
): UsageRequest | undefined {
  const each = hidingOf(engine, api);
  if (each === undefined) return undefined;
  const movesFingerprint = each === 'cut';
  const { streamOptions, closingBrace } = places;
  if (streamOptions === undefined) {
    return {
      edits: [{ at: closingBrace, remove: 0, insert: choices === 1 ? insertRunning : insertAtTheEnd }],
      hidden: { each, last: 'drop', movesFingerprint },
    };
  }
  const options = optionsIn(body, streamOptions);
  if (options === undefined) return undefined;
  const wantsLast = options.include_usage === true;
  if (wantsLast && (options.continuous_usage_stats === true || choices > 1)) return { edits: [], hidden: undefined };
  return {
    edits: [editOfOptions(options, streamOptions, choices === 1 ? running : atTheEnd)],
    hidden: { each, last: wantsLast ? 'keep' : 'drop', movesFingerprint: movesFingerprint && !wantsLast },
  };
}

/**
 * Options that the gateway does not know stay as they are, to the byte: written anew, a number may be another one. What
 * is said twice then is meant as it is said last, for every engine.
 */
function editOfOptions(options: Fields, { start, end }: Place, wanted: typeof running | typeof atTheEnd): Edit {
  if (Object.keys(options).every((key) => key in wanted))
    return { at: start, remove: end - start, insert: Buffer.from(JSON.stringify({ ...options, ...wanted })) };
  return { at: end - 1, remove: 0, insert: Buffer.from(`,${JSON.stringify(wanted).slice(1, -1)}`) };
}

function hidingOf(engine: string, api: 'chat' | 'completions'): HiddenUsage['each'] | undefined {
  if (engine === 'vllm' || engine === 'simulated') return 'cut';
  if (engine === 'sglang') return api === 'chat' ? 'nullOfTools' : 'null';
  return undefined;
}

function optionsIn(body: Buffer, { start, end }: Place): Fields | undefined {
  if (end - start > longestOptions) return undefined;
  try {
    const options: unknown = JSON.parse(body.toString('utf8', start, end));
    if (options === null) return {};
    if (typeof options !== 'object' || Array.isArray(options)) return undefined;
    return areBooleans(options as Fields) ? (options as Fields) : undefined;
  } catch {
    return undefined;
  }
}

type Fields = Readonly<Record<string, unknown>>;

function areBooleans({ include_usage, continuous_usage_stats }: Fields): boolean {
  return [include_usage, continuous_usage_stats].every(
    (value) => value === undefined || value === null || typeof value === 'boolean',
  );
}
