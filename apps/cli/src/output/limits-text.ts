/** `tokens/minute 100000, concurrency 8`: a list of limits as one cell. */
export function limitsText(limits: readonly { of: string; per: string | null; amount: number }[]): string {
  return limits.map(({ of, per, amount }) => `${of}${per === null ? '' : `/${per}`} ${amount}`).join(', ');
}
