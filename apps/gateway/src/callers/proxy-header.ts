import type { Socket } from 'node:net';
import { type ProxyVersions, readProxyHeader } from './proxy-protocol.ts';

export interface ProxyHeaderOptions {
  versions: ProxyVersions;
  timeoutMs: number;
  /** Whom the proxy speaks for, null for itself. The socket is paused, and what follows the header is in it again. */
  taken: (address: string | null) => void;
  /** It is none, or did not come in time. */
  failed: () => void;
}

/** Takes the PROXY header off a connection before anything else reads from it. */
export function takeProxyHeader(socket: Socket, { versions, timeoutMs, taken, failed }: ProxyHeaderOptions): void {
  let held: Buffer = Buffer.alloc(0);
  const timer = setTimeout(() => over(failed), timeoutMs);
  const gone = (): void => over(undefined);
  socket.on('data', read).on('end', gone).on('close', gone).on('error', gone);

  function read(chunk: Buffer): void {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    const header = readProxyHeader(held, versions);
    if (header.kind === 'unfinished') return;
    if (header.kind === 'malformed') return void over(failed);
    socket.pause();
    over(undefined);
    const rest = held.subarray(header.bytes);
    if (rest.length > 0) socket.unshift(rest);
    taken(header.address);
  }

  function over(then: (() => void) | undefined): void {
    clearTimeout(timer);
    socket.off('data', read).off('end', gone).off('close', gone).off('error', gone);
    then?.();
  }
}
