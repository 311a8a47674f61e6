/** What is read of an OpenAI chat's answer, plain or in chunks. Engines add much more; nothing is taken on trust. */
export type Fields = Readonly<Record<string, unknown>>;

export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Thoughts: the name most engines use, and vLLM's newer one. */
export function thoughtsIn(message: Fields): string {
  return textOf(message.reasoning_content) || textOf(message.reasoning);
}

export interface Stop {
  stop_reason: string;
  stop_sequence: string | null;
}

/** Why it stopped, in Anthropic's words. vLLM and SGLang say which of the stop sequences it was. */
export function stopOf(choice: Fields, hasCalls: boolean): Stop {
  const sequence = [choice.stop_reason, choice.matched_stop].find((one) => typeof one === 'string');
  const reason = choice.finish_reason;
  if (reason === 'length') return { stop_reason: 'max_tokens', stop_sequence: null };
  if (reason === 'content_filter') return { stop_reason: 'refusal', stop_sequence: null };
  // A call that was forced by name ends with `stop`.
  if (hasCalls) return { stop_reason: 'tool_use', stop_sequence: null };
  if (reason === 'stop' && sequence !== undefined)
    return { stop_reason: 'stop_sequence', stop_sequence: sequence as string };
  return { stop_reason: 'end_turn', stop_sequence: null };
}

export function messageId(id: unknown): string {
  return `msg_${textOf(id).replace(/^(?:chatcmpl|msg)[-_]/, '')}`;
}
