import { STATUS_CODES } from 'node:http';

/** Status lines by status, made once each. */
const lines = new Map<number, string>();

export function statusLine(status: number): string {
  const known = lines.get(status);
  if (known !== undefined) return known;
  const line = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}\r\n`;
  lines.set(status, line);
  return line;
}
