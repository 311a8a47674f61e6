import type { JsonMember } from '../json/walk-json.ts';
import { isAt } from '../streams/frame.ts';

const key = ',"usage":';
const longestTail = 1_024;
const quote = 34;

/**
 * Finds `,"usage":{…}` at the top of an object by going back from its end, past the members that stand behind it: a
 * third of a microsecond, where the whole of a short answer takes two. Exact on well-formed JSON, since without
 * backslashes each quote opens or closes a string. Undefined for anything unusual, and the caller walks.
 */
export function usageNearEnd(bytes: Buffer): JsonMember | undefined {
  let at = bytes.length - 1;
  while (at > 0 && (bytes[at] as number) <= 32) at--;
  if (bytes[at] !== 125) return undefined;
  const lowest = Math.max(key.length, at - longestTail);
  let depth = 1;
  let isText = false;
  let valueEnd = 0;
  for (at--; at >= lowest; at--) {
    const byte = bytes[at];
    if (byte === 92) return undefined;
    if (byte === quote) isText = !isText;
    else if (isText) continue;
    else if (byte === 125 || byte === 93) {
      if (depth === 1) valueEnd = at + 1;
      depth++;
    } else if (byte === 123 || byte === 91) {
      if (--depth === 0) return undefined;
      if (depth === 1 && byte === 123 && isAt(bytes, at - key.length, key))
        return { keyStart: at - key.length + 1, valueStart: at, valueEnd };
    }
  }
  return undefined;
}
