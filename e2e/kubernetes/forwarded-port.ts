import { connect, createServer, type Socket } from 'node:net';

export interface ForwardedPort {
  port: number;
  close(): Promise<void>;
}

/** Lets pods reach what listens on this machine's loopback only, such as the tests' Postgres. */
export async function forwardPort(listenOn: string, to: { host: string; port: number }): Promise<ForwardedPort> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  };
  const server = createServer((inner) => {
    const outer = connect(to);
    for (const socket of [inner, outer]) keep(socket);
    inner.on('error', () => outer.destroy());
    outer.on('error', () => inner.destroy());
    inner.pipe(outer).pipe(inner);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, listenOn, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
