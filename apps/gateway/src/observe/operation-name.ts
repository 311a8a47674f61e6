/** What callers do, in OpenTelemetry's words where it has one: its `gen_ai.operation.name`. */
export type OperationName =
  | 'chat'
  | 'text_completion'
  | 'embeddings'
  | 'rerank'
  | 'score'
  | 'classify'
  | 'tokenize'
  | 'image_generation'
  | 'speech'
  | 'infer'
  | 'other';

const byPath: ReadonlyMap<string, OperationName> = new Map<string, OperationName>([
  ['/v1/chat/completions', 'chat'],
  ['/v1/responses', 'chat'],
  ['/v1/messages', 'chat'],
  ['/v1/completions', 'text_completion'],
  ['/v1/embeddings', 'embeddings'],
  ['/v2/embed', 'embeddings'],
  ['/pooling', 'embeddings'],
  ['/rerank', 'rerank'],
  ['/v1/rerank', 'rerank'],
  ['/v2/rerank', 'rerank'],
  ['/score', 'score'],
  ['/v1/score', 'score'],
  ['/classify', 'classify'],
  ['/v1/moderations', 'classify'],
  ['/tokenize', 'tokenize'],
  ['/detokenize', 'tokenize'],
  ['/v1/messages/count_tokens', 'tokenize'],
  ['/v1/images/generations', 'image_generation'],
  ['/v1/audio/speech', 'speech'],
]);

export function operationName(path: string): OperationName {
  const known = byPath.get(path);
  if (known !== undefined) return known;
  // KServe paths hold the model's name.
  if (path.endsWith('/infer')) return 'infer';
  return path.endsWith('/generate') || path.endsWith('/generate_stream') ? 'text_completion' : 'other';
}
