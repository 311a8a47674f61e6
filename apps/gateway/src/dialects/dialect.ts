/** The API whose shape errors take. */
export type Dialect = 'openai' | 'anthropic' | 'kserve';

/**
 * The API whose answers are read. `keptResponse`: one of the Responses API that was made before. `other`: an answer of
 * which only its end is known.
 */
export type AnswerApi =
  | 'chat'
  | 'completions'
  | 'responses'
  | 'keptResponse'
  | 'messages'
  | 'countTokens'
  | 'kserve'
  | 'other';

/** The engine's name for the model in its answers, and the name that the caller asked by. */
export interface Renaming {
  served: string;
  public: string;
}
