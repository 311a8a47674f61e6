import { z } from 'zod';
import { expected } from './expected.ts';

const pattern = /^\d{1,6}(?:\.\d{1,6})?%$/;

/** `2%` or 0.02, as the fraction 0.02. */
export function percentage({ max }: { max: number }) {
  const options = expected(`a percentage such as 2% (or 0.02), at most ${formatPercentage(max)}`);
  return z
    .union([z.string().regex(pattern, options), z.number()], options)
    .refine((written) => fractionOf(written) >= 0 && fractionOf(written) <= max, options)
    .transform(fractionOf);
}

function fractionOf(written: string | number): number {
  return tidy(typeof written === 'number' ? written : Number(written.slice(0, -1)) / 100);
}

export function formatPercentage(fraction: number): string {
  return `${plain(tidy(fraction * 100))}%`;
}

/** Six digits of a percent are enough, and 0.7 / 100 is 0.006999999999999999 in binary fractions. */
function tidy(value: number): number {
  return Number(value.toFixed(8));
}

function plain(value: number): string {
  return value.toFixed(6).replace(/\.?0+$/, '');
}
