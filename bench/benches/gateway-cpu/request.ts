export const modelName = 'chat';
const bodyBytes = 600;

/** A chat request whose body has 600 bytes. */
export function chatBody(): string {
  const [before, after] = [
    `{"model":"${modelName}","messages":[{"role":"system","content":"You are helpful."},{"role":"user","content":"`,
    '"}],"max_tokens":40,"temperature":0.7}',
  ];
  return `${before}${'word '.repeat(200).slice(0, bodyBytes - before.length - after.length)}${after}`;
}

export function headersFor(key: string): Record<string, string> {
  return { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'user-agent': 'bench' };
}
