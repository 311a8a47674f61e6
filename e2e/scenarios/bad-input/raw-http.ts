import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Sends bytes that no HTTP client would send, and reads until the server closes. */
export async function exchange(url: string, bytes: string): Promise<string> {
  const socket = open(url);
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk;
  });
  socket.write(bytes, 'latin1');
  await once(socket, 'close');
  return text;
}

/** Callers that begin requests and never get further; ends them after the work. */
export async function besideSlowCallers(
  url: string,
  beginnings: readonly string[],
  work: () => Promise<void>,
): Promise<void> {
  const sockets = beginnings.map((bytes) => {
    const socket = open(url);
    socket.write(bytes);
    return socket;
  });
  try {
    await Promise.all(sockets.map((socket) => socket.connecting && once(socket, 'connect')));
    await work();
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

function open(url: string): Socket {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  // A server may cut the connection while bytes are still under way; what it answered before is what counts.
  return socket.on('error', () => undefined);
}
