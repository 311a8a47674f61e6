import type { Response } from 'express';

export interface StreamEvent {
  event: string;
  id?: string | number;
  data: unknown;
}

export interface EventStream {
  /** False when the reader is gone, or so far behind that it was cut off. */
  send(event: StreamEvent): boolean;
  end(): void;
}

/** Comments this often keep proxies from closing an idle stream, and tell a reader that it still hears. */
const heartbeatMs = 10_000;
/** A reader that lets this much pile up is cut off: it comes back and goes on where it was. */
const backlogBytes = 4 * 1024 * 1024;

/** Turns the response into server-sent events. Ends with the signal. */
export function openEventStream(response: Response, signal: AbortSignal): EventStream {
  response.status(200);
  response.setHeader('content-type', 'text/event-stream');
  response.setHeader('x-accel-buffering', 'no');
  response.flushHeaders();
  const write = (text: string): boolean => {
    if (response.writableEnded || response.destroyed) return false;
    response.write(text);
    if (response.writableLength <= backlogBytes) return true;
    response.destroy();
    return false;
  };
  const heart = setInterval(() => write(': alive\n\n'), heartbeatMs);
  const end = (): void => {
    clearInterval(heart);
    signal.removeEventListener('abort', end);
    response.end();
  };
  if (signal.aborted) end();
  else signal.addEventListener('abort', end, { once: true });
  write('retry: 1000\n\n');
  return { send: (event) => write(formatted(event)), end };
}

function formatted({ event, id, data }: StreamEvent): string {
  return `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
}
