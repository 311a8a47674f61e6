/**
 * Whether a request is among those that are captured: by its id, so that every part of the gateway, and whoever knows
 * the id later, says the same.
 */
export function isCaptured(requestId: string, basisPoints: number): boolean {
  if (basisPoints <= 0) return false;
  return basisPoints >= 10_000 || hash(requestId) % 10_000 < basisPoints;
}

/** FNV-1a with MurmurHash's last steps, which spread ids that differ in their last characters only. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
