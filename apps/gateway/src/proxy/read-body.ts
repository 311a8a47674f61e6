import type { IncomingMessage } from 'node:http';

export type BodyRead = { kind: 'whole'; body: Buffer } | { kind: 'tooLarge' } | { kind: 'stalled' } | { kind: 'gone' };

/** Collects a body up to its limit: routing reads it, and a second attempt sends it again. */
export function readBody(request: IncomingMessage, limits: { maxBytes: number; stallMs: number }): Promise<BodyRead> {
  if (Number(request.headers['content-length'] ?? 0) > limits.maxBytes) return Promise.resolve({ kind: 'tooLarge' });
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const stalled = setTimeout(() => finish({ kind: 'stalled' }), limits.stallMs);
    const onData = (chunk: Buffer): void => {
      stalled.refresh();
      bytes += chunk.length;
      if (bytes > limits.maxBytes) finish({ kind: 'tooLarge' });
      else chunks.push(chunk);
    };
    const onEnd = (): void =>
      finish({ kind: 'whole', body: chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, bytes) });
    const onClose = (): void => finish({ kind: 'gone' });
    const finish = (read: BodyRead): void => {
      clearTimeout(stalled);
      request.off('data', onData).off('end', onEnd).off('close', onClose);
      resolve(read);
    };
    request.on('data', onData).on('end', onEnd).on('close', onClose);
  });
}
