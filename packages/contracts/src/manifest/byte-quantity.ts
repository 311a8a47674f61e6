import { z } from 'zod';
import { expected } from './expected.ts';

const factors = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
} as const;

const pattern = /^\d{1,15}(?:\.\d{1,6})?(?:[KMGTP]i|[kMGTP])?$/;
const options = expected('a size in bytes such as 16Gi, 500Mi or 2G');

/** Kubernetes' quantities of memory, as bytes. */
export const byteQuantity = z
  .union([z.string().regex(pattern, options), z.int(options)], options)
  .refine((written) => Number.isSafeInteger(bytesOf(written)) && bytesOf(written) > 0, options)
  .transform(bytesOf);

function bytesOf(written: string | number): number {
  const [, amount, suffix] = /^([\d.]+)(.*)$/.exec(String(written)) ?? [];
  return Number(amount) * factors[(suffix ?? '') as keyof typeof factors];
}

export function formatByteQuantity(bytes: number): string {
  const suffix = (['Pi', 'Ti', 'Gi', 'Mi', 'Ki'] as const).find((name) => bytes % factors[name] === 0);
  return suffix === undefined ? String(bytes) : `${bytes / factors[suffix]}${suffix}`;
}
