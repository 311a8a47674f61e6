/** One request of a public trace. */
export interface TraceRequest {
  /** Since the first of the trace. */
  atMs: number;
  promptTokens: number;
  outputTokens: number;
}

export interface PlannedRequest extends TraceRequest {
  index: number;
  stream: boolean;
}

export interface PlanOptions {
  speed: number;
  scaleTokens: number;
  /** Share of requests that are streamed. */
  streamShare: number;
  seed: number;
  /** Longer prompts are cut to this: the engine's context has an end. */
  maxPromptTokens: number;
  /** At most so many. */
  requests: number;
}

/** Reads the known shapes: `TIMESTAMP,ContextTokens,GeneratedTokens` as CSV, and Mooncake's JSON lines. */
export function parseTrace(text: string): TraceRequest[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const isCsv = /^timestamp,contexttokens,generatedtokens$/i.test(lines[0] ?? '');
  const rows = isCsv ? lines.slice(1).map(csvRow) : lines.map(jsonRow);
  if (rows.length === 0) throw new Error('the trace is empty');
  const first = rows.reduce((least, row) => Math.min(least, row.atMs), Number.POSITIVE_INFINITY);
  return rows.map((row) => ({ ...row, atMs: row.atMs - first })).sort((a, b) => a.atMs - b.atMs);
}

function csvRow(line: string, index: number): TraceRequest {
  const [time = '', prompt = '', output = ''] = line.split(',');
  // Azure writes seven decimals; Date takes three of them.
  const atMs = Date.parse(`${time.slice(0, 23).replace(' ', 'T')}Z`);
  return checked({ atMs, promptTokens: Number(prompt), outputTokens: Number(output) }, index + 2);
}

function jsonRow(line: string, index: number): TraceRequest {
  let row: { timestamp?: unknown; input_length?: unknown; output_length?: unknown };
  try {
    row = JSON.parse(line) as typeof row;
  } catch {
    throw new Error(`line ${index + 1} of the trace is neither the known CSV nor JSON`);
  }
  const { timestamp, input_length: prompt, output_length: output } = row;
  return checked({ atMs: Number(timestamp), promptTokens: Number(prompt), outputTokens: Number(output) }, index + 1);
}

function checked(row: TraceRequest, line: number): TraceRequest {
  const isSane = Number.isFinite(row.atMs) && row.promptTokens >= 0 && row.outputTokens >= 0;
  if (!isSane) throw new Error(`line ${line} of the trace has no arrival time, prompt length and output length`);
  return row;
}

/** The trace as it is to be sent, again from its start when it ends: whoever sends decides when to stop. */
export function* plannedRequests(trace: readonly TraceRequest[], options: PlanOptions): Generator<PlannedRequest> {
  const { speed, scaleTokens, streamShare, maxPromptTokens } = options;
  const random = seeded(options.seed);
  const spanMs = (trace.at(-1)?.atMs ?? 0) / speed;
  // A repetition begins one usual gap after the last request.
  const cycleMs = spanMs + Math.max(1, spanMs / trace.length);
  for (let index = 0; index < options.requests; index++) {
    const row = trace[index % trace.length];
    if (row === undefined) return;
    yield {
      index,
      atMs: row.atMs / speed + Math.floor(index / trace.length) * cycleMs,
      promptTokens: Math.min(maxPromptTokens, scaled(row.promptTokens, scaleTokens)),
      outputTokens: scaled(row.outputTokens, scaleTokens),
      stream: random() < streamShare,
    };
  }
}

function scaled(tokens: number, scale: number): number {
  return Math.max(1, Math.round(tokens * scale));
}

/** Mulberry32: the same seed mixes the same requests on every machine. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
