import { UsageError } from '../exit-code.ts';

const SECOND = 1_000;
const UNITS = { ms: 1, s: SECOND, m: 60 * SECOND, h: 3_600 * SECOND, d: 86_400 * SECOND } as const;

/** `45s`, `3m20s`, `5h`, `12d`: the age of something, as short as it is still useful. */
export function age(since: string | null, now: number): string {
  return since === null ? '-' : shortDuration(Math.max(0, now - Date.parse(since)));
}

export function shortDuration(ms: number): string {
  const seconds = Math.floor(ms / SECOND);
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return withRest(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return withRest(hours, 'h', hours < 8 ? minutes % 60 : 0, 'm');
  return `${Math.floor(hours / 24)}d`;
}

function withRest(whole: number, unit: string, rest: number, restUnit: string): string {
  return rest === 0 ? `${whole}${unit}` : `${whole}${unit}${rest}${restUnit}`;
}

/** `2026-10-09 14:03:07` in UTC, for records. */
export function moment(instant: string): string {
  return `${instant.slice(0, 10)} ${instant.slice(11, 19)}`;
}

/** Reads `90s`, `30m`, `1h30m`, `500ms`, `90d`. */
export function parseDuration(text: string, flag: string): number {
  if (!/^(\d+(ms|s|m|h|d))+$/.test(text)) {
    throw new UsageError(`${flag} ${text}: write a duration as 90s, 30m or 1h30m`);
  }
  let ms = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|s|m|h|d)/g)) {
    ms += Number(count) * UNITS[unit as keyof typeof UNITS];
  }
  return ms;
}

/** When something was: a moment (`2027-01-31`, `2027-01-31T12:00:00Z`) or how long ago (`24h`). */
export function parseSince(text: string, flag: string, now: number): string {
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return new Date(now - parseDuration(text, flag)).toISOString();
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new UsageError(`${flag} ${text}: there is no such moment`);
  return new Date(at).toISOString();
}

/** When something ends: a moment (`2027-01-31`, `2027-01-31T12:00:00Z`) or a duration from now (`90d`). */
export function parseExpiry(text: string, flag: string, now: number): string {
  if (/^\d{4}-\d{2}-\d{2}/.test(text)) {
    const at = Date.parse(text);
    if (Number.isNaN(at)) throw new UsageError(`${flag} ${text}: there is no such moment`);
    if (at <= now) throw new UsageError(`${flag} ${text}: that has passed already`);
    return new Date(at).toISOString();
  }
  return new Date(now + parseDuration(text, flag)).toISOString();
}
