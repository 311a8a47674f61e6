import { z } from 'zod';
import { expected } from './expected.ts';

const units = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;
type Unit = keyof typeof units;

// Each unit once and in this order; `m(?!s)` because 500ms are not minutes.
const number = '\\d{1,9}(?:\\.\\d{1,3})?';
const pattern = new RegExp(
  `^(?=\\d)(?:${number}d)?(?:${number}h)?(?:${number}m(?!s))?(?:${number}s)?(?:${number}ms)?$`,
);

const LONGEST_MS = 30 * units.d;

/** `90s`, `10m`, `1h30m`, `500ms`, as milliseconds. */
export function duration({ minMs }: { minMs: number }) {
  const least = minMs === 0 ? '' : `, at least ${formatDuration(minMs)}`;
  const what = `a duration such as 90s, 10m or 1h30m${least} and at most 30d`;
  return z
    .string(expected(what))
    .regex(pattern, expected(what))
    .refine((written) => {
      const ms = durationMs(written);
      return Number.isInteger(ms) && ms >= minMs && ms <= LONGEST_MS;
    }, expected(what))
    .transform(durationMs);
}

function durationMs(written: string): number {
  let ms = 0;
  for (const [, amount, unit] of written.matchAll(/([\d.]+)(ms|[dhms])/g)) ms += Number(amount) * units[unit as Unit];
  // 0.001h is 3600.0000000000005 ms in binary fractions.
  return Number(ms.toFixed(6));
}

export function formatDuration(ms: number): string {
  let [text, rest] = ['', ms];
  for (const unit of ['h', 'm', 's', 'ms'] as const) {
    const amount = Math.floor(rest / units[unit]);
    if (amount > 0) text += `${amount}${unit}`;
    rest -= amount * units[unit];
  }
  return text === '' ? '0s' : text;
}
