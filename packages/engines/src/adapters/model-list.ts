/** Of OpenAI's list of models as vLLM and SGLang give it, those that have a parent; null for any other text. */
export function adaptersInModelList(text: string): readonly string[] | null {
  const data = dataOf(text);
  if (!Array.isArray(data)) return null;
  const adapters: string[] = [];
  for (const model of data as readonly { id?: unknown; parent?: unknown }[]) {
    if (typeof model?.id !== 'string') return null;
    if (typeof model.parent === 'string') adapters.push(model.id);
  }
  return adapters;
}

function dataOf(text: string): unknown {
  try {
    return (JSON.parse(text) as { data?: unknown } | null)?.data;
  } catch {
    return undefined;
  }
}
