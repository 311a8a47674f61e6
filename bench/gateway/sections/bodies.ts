import { chatBody } from '../rig/requests.ts';

const variants = 64;

/** Callers differ, so their bodies do. */
export function smallBodies(): string[] {
  return Array.from({ length: variants }, (_, variant) => chatBody({ bodyBytes: 600, variant }));
}

export function streamBodies(stream: { frames: number; intervalUs: number; firstUs: number }): string[] {
  return Array.from({ length: variants }, (_, variant) => chatBody({ bodyBytes: 600, variant, stream }));
}

/** 110 blocks of 2 KB each: what agents and retrieval send. */
export function longBodies(stream?: { frames: number; intervalUs: number; firstUs: number }): string[] {
  const shape = stream === undefined ? {} : { stream };
  return Array.from({ length: 16 }, (_, variant) => chatBody({ bodyBytes: 220_000, variant, ...shape }));
}
