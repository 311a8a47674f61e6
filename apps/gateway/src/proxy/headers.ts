import type { Pick } from '../routing/pick.ts';

const saneId = /^[A-Za-z0-9._:-]{1,128}$/;

/** The caller's id if it is harmless in logs and headers. */
export function saneRequestId(value: string | undefined): string | undefined {
  return value !== undefined && saneId.test(value) ? value : undefined;
}

const traceparent = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})$/;

/** The caller's trace goes on under a new parent; a malformed header starts a new trace. */
export function traceFor(received: string | undefined, newHex: () => string): { traceId: string; header: string } {
  const match = received !== undefined ? traceparent.exec(received) : null;
  const traceId = match?.[1] ?? newHex();
  return { traceId, header: `00-${traceId}-${newHex().slice(-16)}-${match?.[2] ?? '01'}` };
}

/** Who gave the answer, for the caller's own records: header lines. */
export function revisionLines({ backend, replica }: Pick): string {
  const { deployment, revision, version } = backend.facts;
  return (
    `x-signalbox-revision: ${printable(`${deployment}/${revision}`)}\r\n` +
    `x-signalbox-model-version: ${printable(version)}\r\n` +
    `x-signalbox-replica: ${printable(replica.id)}\r\n`
  );
}

function printable(value: string): string {
  return value.replace(/[^\x20-\x7e]/g, '?');
}
