import { hashText, mix32 } from '../routing/hash.ts';

/**
 * Whether this request is copied. On routes that keep callers on a revision the caller decides, so that all requests
 * of a conversation are copied or none; on others chance does, `chance` being from 0 to 1.
 */
export function isSampled(
  { basisPoints, revisionId }: { basisPoints: number; revisionId: string },
  stickyHash: number | null | undefined,
  chance: number,
): boolean {
  const share = basisPoints / 10_000;
  if (stickyHash === null || stickyHash === undefined) return chance < share;
  // Salted apart from the split: else the callers of a 10 % canary would be the very ones of a 10 % shadow.
  return (mix32(stickyHash ^ hashText(revisionId, 0x5d0e)) >>> 0) / 2 ** 32 < share;
}
