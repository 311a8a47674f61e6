/** What is wrong with this engine. Changeable while it runs: POST /simulated/faults. */
export type Faults = {
  /** The share of generation requests (0..1) answered with HTTP 500 before their first byte. */
  readonly failRate: number;
  /** A stream's connection breaks after that many tokens; a plain answer's breaks before it is sent. */
  readonly failAfterTokens: number | null;
  /** After that many tokens nothing more is sent, and the connection stays open. */
  readonly stallAfterTokens: number | null;
  /** Every request is accepted and none is answered (with healthLies: all but /health and /ping). */
  readonly hang: boolean;
  /** /health says 200 while every generation fails (or hangs, together with hang). */
  readonly healthLies: boolean;
  /** As after the death of the engine process with VLLM_KEEP_ALIVE_ON_ENGINE_DEATH: /health 503, generation 500. */
  readonly dead: boolean;
  readonly slowFirstTokenMs: number;
  /** Multiplies the time of every decode step. */
  readonly decodeFactor: number;
  /** Answers are empty: the model stops at once. */
  readonly emptyOutput: boolean;
  /** Answers are no language. */
  readonly garbage: boolean;
  /** Exits 1 at the end of loading, with the log of a CUDA out-of-memory error. Read at start only. */
  readonly crashAtLoad: boolean;
};

export const noFaults: Faults = {
  failRate: 0,
  failAfterTokens: null,
  stallAfterTokens: null,
  hang: false,
  healthLies: false,
  dead: false,
  slowFirstTokenMs: 0,
  decodeFactor: 1,
  emptyOutput: false,
  garbage: false,
  crashAtLoad: false,
};

export type FaultName = keyof Faults;

function problem(name: string, value: unknown): string | undefined {
  if (!Object.hasOwn(noFaults, name)) return `unknown fault "${name}"; known: ${Object.keys(noFaults).join(', ')}`;
  const usual = noFaults[name as FaultName];
  if (typeof usual === 'boolean') return typeof value === 'boolean' ? undefined : `${name} must be true or false`;
  if (usual === null && value === null) return undefined;
  const isFine = typeof value === 'number' && value >= 0 && (name !== 'failRate' || value <= 1);
  return isFine ? undefined : `${name} must be a number ${name === 'failRate' ? 'from 0 to 1' : 'of at least 0'}`;
}

export type FaultChange = { kind: 'changed'; faults: Faults } | { kind: 'refused'; because: string };

/** What is not named stays as it is. */
export function changeFaults(current: Faults, change: unknown): FaultChange {
  if (typeof change !== 'object' || change === null || Array.isArray(change)) {
    return { kind: 'refused', because: 'faults must be a JSON object' };
  }
  for (const [name, value] of Object.entries(change)) {
    const because = problem(name, value);
    if (because !== undefined) return { kind: 'refused', because };
  }
  return { kind: 'changed', faults: { ...current, ...(change as Partial<Faults>) } };
}
