import type { Problem } from '@signalbox/domain';

/** Negative when `a` is the older. Parts are compared as numbers: 0.9.2 is older than 0.10.0. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [parts(a), parts(b)];
  for (let i = 0; i < Math.max(left.length, right.length); i += 1) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

export function isAtLeast(version: string, since: string): boolean {
  return compareVersions(version, since) >= 0;
}

/** Versions nobody has checked are refused: flags come and go between releases. */
export function checkVersion(engine: string, version: string, known: readonly string[]): Problem[] {
  if (known.includes(version)) return [];
  const tidy = version.replace(/^v/, '');
  const older = known.find((candidate) => /^\d/.test(tidy) && compareVersions(candidate, tidy) <= 0);
  const near = known.includes(tidy) ? tidy : (older ?? known.at(-1));
  const message = `Signalbox does not know ${engine} ${version}. Use one of ${known.join(', ')}; spec.engine.image may name another build of it.`;
  return [{ path: 'spec.engine.version', message, allowed: known, ...(near === undefined ? {} : { nearest: near }) }];
}

function parts(version: string): number[] {
  return version.split('.').map((part) => Number.parseInt(part, 10) || 0);
}
