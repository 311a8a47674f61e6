import { headerIn } from './headers.ts';

/** Header lines of answers, made from those that the engine sent. */

export function isEventStreamType(type: string): boolean {
  return /^text\/event-stream\b/i.test(type);
}

const cacheControl = /^cache-control:[^\r]*\r\n/gim;

export function eventStreamLines(passed: string): string {
  return `${passed.replace(cacheControl, '')}cache-control: no-cache\r\nx-accel-buffering: no\r\n`;
}

export function translatedLines(isStream: boolean): string {
  return `content-type: ${isStream ? 'text/event-stream; charset=utf-8' : 'application/json'}\r\n`;
}

/** When the engine says that it will have room. */
export function retryAfterIn(lines: string): Record<string, string> {
  const seconds = headerIn(lines, 'retry-after');
  return seconds !== undefined && /^\d{1,6}$/.test(seconds) ? { 'retry-after': seconds } : {};
}
