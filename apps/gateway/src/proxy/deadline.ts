/** What a caller may say about how long it waits: seconds, or with `ms` behind it. Undefined: nothing that is a time. */
export function timeoutMs(text: string): number | undefined {
  const match = /^(\d{1,9}(?:\.\d{1,6})?) ?(s|ms)?$/.exec(text.trim());
  if (match === null) return undefined;
  const ms = Number(match[1]) * (match[2] === 'ms' ? 1 : 1_000);
  return ms > 0 ? ms : undefined;
}
