import { REDACT_FLAGS } from '@signalbox/domain';

export interface Redaction {
  pattern: RegExp;
  by: string;
}

/**
 * Looked for in every capture, whatever its route says. Rather too much than too little: a date may look like a phone
 * number. None of them can go two ways over the same text, so each takes time in proportion to it.
 */
export const builtInRedactions: readonly Redaction[] = [
  {
    pattern: /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/gu,
    by: '[secret]',
  },
  { pattern: /\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/gu, by: '[secret]' },
  { pattern: /\b(?:bearer|basic)\s{1,4}[\w.~+/=-]{8,}/giu, by: '[secret]' },
  {
    pattern: /\b(?:sk|pk|rk|sb[kgx]|gh[oprsu]|github_pat|glpat|xox[abeprs]|hf|npm|AKIA|ASIA|AIza)[-_\w]{12,}/gu,
    by: '[secret]',
  },
  {
    pattern: /\b(?:password|passwd|secret|token|api[-_ ]?key)["']?\s{0,3}[:=]\s{0,3}["']?[^\s"',;]{4,}/giu,
    by: '[secret]',
  },
  { pattern: /[\p{L}\p{N}._%+-]{1,64}@[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){1,8}/gu, by: '[email]' },
  { pattern: /\b[A-Z]{2}\d{2}(?: ?[A-Z\d]{4}){2,7}(?: ?[A-Z\d]{1,3})?\b/gu, by: '[number]' },
  { pattern: /(?<![\p{L}\p{N}])[+(]{0,2}(?:\d[ .()/-]{0,2}){6,}\d/gu, by: '[number]' },
  { pattern: /\b[\da-fA-F]{32,}\b|[\w+/-]{48,}={0,2}/gu, by: '[secret]' },
];

/** A route's own expressions; undefined when one of them is none, since half a redaction is none. */
export function compileRedactions(patterns: readonly string[]): readonly Redaction[] | undefined {
  try {
    return patterns.map((pattern) => ({ pattern: new RegExp(pattern, REDACT_FLAGS), by: '[redacted]' }));
  } catch {
    return undefined;
  }
}

export interface RedactedText {
  text: string;
  truncated: boolean;
}

/** So much is looked at, and so much of the result is kept: what begins in what is kept is seen as a whole. */
export const redactionLimits = { readChars: 65_536, keptChars: 8_192 } as const;

export function redact(
  text: string,
  own: readonly Redaction[],
  { readChars, keptChars }: { readChars: number; keptChars: number } = redactionLimits,
): RedactedText {
  let redacted = text.slice(0, readChars);
  // A route's own first: a built-in might take away a part of what they look for.
  for (const { pattern, by } of [...own, ...builtInRedactions])
    redacted = redacted.replace(pattern, (match) => (match === '' ? '' : by));
  return { text: redacted.slice(0, keptChars), truncated: text.length > readChars || redacted.length > keptChars };
}
