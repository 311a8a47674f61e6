import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { Certificate } from './certificate-files.ts';

export interface TlsServerOptions {
  handshakeTimeoutMs: number;
  /** `raw` is the connection that was adopted. */
  secured: (socket: TLSSocket, raw: Socket) => void;
  /** The handshake failed, or took too long. */
  failed: (raw: Socket) => void;
}

/** Makes connections secure, each with the certificate of the moment it came in. It listens nowhere. */
export class TlsServer {
  readonly #server: Server;
  /** By both ends, since Node does not tell which connection a secured one was made of. */
  readonly #raw = new Map<string, Socket>();

  constructor(options: TlsServerOptions) {
    this.#server = createServer({
      minVersion: 'TLSv1.2',
      ALPNProtocols: ['h2', 'http/1.1'],
      handshakeTimeout: options.handshakeTimeoutMs,
    });
    this.#server.on('secureConnection', (socket) => {
      const raw = this.#raw.get(endsOf(socket));
      if (raw === undefined) return void socket.destroy();
      options.secured(socket, raw);
    });
    this.#server.on('tlsClientError', (_, socket) => {
      const raw = this.#raw.get(endsOf(socket));
      socket.destroy();
      if (raw !== undefined) options.failed(raw);
    });
  }

  /** For all connections from now on; those that stand keep theirs. */
  use({ cert, key }: Certificate): void {
    this.#server.setSecureContext({ cert, key, minVersion: 'TLSv1.2' });
  }

  adopt(raw: Socket): void {
    const ends = endsOf(raw);
    this.#raw.set(ends, raw);
    raw.on('close', () => {
      if (this.#raw.get(ends) === raw) this.#raw.delete(ends);
    });
    this.#server.emit('connection', raw);
  }
}

function endsOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}
