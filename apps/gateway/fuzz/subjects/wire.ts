import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/** One end of a connection whose other end is the fuzzer: reads come exactly as they are pushed. */
export class Wire extends Duplex {
  /** Tells the cases apart where only the peer's address is known. */
  readonly remoteAddress: string;

  constructor(options: { remoteAddress?: string; allowHalfOpen: boolean }) {
    super({ allowHalfOpen: options.allowHalfOpen, decodeStrings: false });
    this.remoteAddress = options.remoteAddress ?? '';
    this.on('error', () => undefined);
  }

  /** For code that wants a socket and uses no more of it than a stream has. */
  get asSocket(): Socket {
    return this as unknown as Socket;
  }

  /** No clock ends anything here. */
  setTimeout(): void {}

  override _read(): void {}

  override _write(_chunk: unknown, _encoding: string, written: () => void): void {
    written();
  }
}

/** Until everything that was made ready by what was pushed has happened. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
