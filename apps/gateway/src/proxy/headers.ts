import type { Pick } from '../routing/pick.ts';

const saneId = /^[A-Za-z0-9._:-]{1,128}$/;

/** The caller's id if it is harmless in logs and headers. */
export function saneRequestId(value: string | undefined): string | undefined {
  return value !== undefined && saneId.test(value) ? value : undefined;
}

/** Header lines as names and values. */
export function headersOf(lines: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of lines.split('\r\n')) {
    const colon = line.indexOf(': ');
    if (colon > 0) headers[line.slice(0, colon)] = line.slice(colon + 2);
  }
  return headers;
}

/** The first of that name among header lines. */
export function headerIn(lines: string, name: string): string | undefined {
  const prefix = `${name.toLowerCase()}:`;
  for (const line of lines.split('\r\n'))
    if (line.slice(0, prefix.length).toLowerCase() === prefix) return line.slice(prefix.length).trim();
  return undefined;
}

/** By the replica, and the backend it was made for: the same for every answer until a snapshot changes either. */
const known = new WeakMap<Pick['replica'], { backend: Pick['backend']; lines: string }>();

/** Who gave the answer, for the caller's own records: header lines. */
export function revisionLines({ backend, replica }: Pick): string {
  const made = known.get(replica);
  if (made?.backend === backend) return made.lines;
  const lines =
    `x-signalbox-revision: ${printable(backend.name)}\r\n` +
    `x-signalbox-model-version: ${printable(backend.facts.version)}\r\n` +
    `x-signalbox-replica: ${printable(replica.id)}\r\n`;
  known.set(replica, { backend, lines });
  return lines;
}

function printable(value: string): string {
  return value.replace(/[^\x20-\x7e]/g, '?');
}
