import { connect } from 'node:net';
import { chatBody, headersFor } from './request.ts';

/** Closed loop over keep-alive connections for some seconds; prints how many whole answers came. */
const [port = '', key = '', seconds = '', connections = ''] = process.argv.slice(2);
const body = chatBody();
const head = Object.entries(headersFor(key))
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('');
const request = Buffer.from(
  `POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\n${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
);
let requests = 0;
let errors = 0;
let isOver = false;

function drive(): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port: Number(port), host: '127.0.0.1', noDelay: true });
    let held = '';
    const next = (): void => {
      if (isOver) return void socket.end(resolve);
      socket.write(request);
    };
    socket.on('connect', next);
    socket.on('error', () => {
      errors++;
      resolve();
    });
    socket.on('data', (chunk) => {
      held += chunk.toString('latin1');
      const end = held.indexOf('\r\n\r\n');
      if (end < 0) return;
      const length = Number(/content-length: *(\d+)/i.exec(held)?.[1] ?? Number.NaN);
      if (held.length < end + 4 + length) return;
      requests++;
      if (!held.startsWith('HTTP/1.1 200')) errors++;
      held = '';
      next();
    });
  });
}

setTimeout(() => (isOver = true), Number(seconds) * 1_000);
await Promise.all(Array.from({ length: Number(connections) }, drive));
console.log(JSON.stringify({ requests, errors }));
