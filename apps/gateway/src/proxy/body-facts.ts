/** What the gateway needs to know of a JSON body. Places are byte offsets; those of a value include its quotes. */
export interface BodyFacts {
  kind: 'read';
  model: string;
  valueStart: number;
  valueEnd: number;
  stream: boolean;
  streamOptions: { start: number; end: number; includeUsage: boolean | null } | null;
  /** The brace that ends the body: more keys go before it. */
  lastBrace: number;
  maxOutputTokens: number | null;
  /** Answers that were asked for, one at least. */
  choices: number;
  /** What may say which requests belong together. A hint, never an identity. */
  session: { start: number; end: number } | null;
  /** The response that this one goes on from: its text and where it stands. */
  previousResponse: { id: string; start: number; end: number } | null;
  /** Whether the engine may keep the response for later ones; it may unless told not to. */
  store: boolean;
  /** The answer is to be made with nobody waiting for it. */
  background: boolean;
  /** Start and end in turn: what the model will read, tools and instructions before the dialogue. */
  promptSpans: number[];
  /** Start and end in turn: members that engines must not get, each with one comma. Without them it is still JSON. */
  dropped: readonly number[];
}

const nothing: readonly number[] = [];

export function noFacts(): BodyFacts {
  return {
    kind: 'read',
    model: '',
    valueStart: 0,
    valueEnd: 0,
    stream: false,
    streamOptions: null,
    lastBrace: 0,
    maxOutputTokens: null,
    choices: 1,
    session: null,
    previousResponse: null,
    store: true,
    background: false,
    promptSpans: [],
    dropped: nothing,
  };
}
