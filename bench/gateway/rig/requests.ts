import { writeFileSync } from 'node:fs';

export const modelName = 'chat';

/** Of one chat request: the proxies see nothing unusual, and the mock reads what it shall answer. */
export interface ChatShape {
  /** Of the whole body, exactly. */
  bodyBytes: number;
  /** The same number makes the same body. */
  variant: number;
  /** Frames of the stream; an ordinary answer without. */
  stream?: { frames: number; intervalUs: number; firstUs: number };
}

/** Half of a long prompt is common to all variants, as system prompts and tools are; the rest is the variant's own. */
export function chatBody({ bodyBytes, variant, stream }: ChatShape): string {
  const head =
    stream === undefined
      ? `{"model":"${modelName}","max_tokens":40,"temperature":0.7,"messages":[`
      : `{"model":"${modelName}","stream":true,"max_tokens":${stream.frames},"mock_interval_us":${stream.intervalUs},"mock_first_us":${stream.firstUs},"messages":[`;
  const system = '{"role":"system","content":"You are helpful."},';
  const [before, after] = [`${head}${system}{"role":"user","content":"`, '"}]}'];
  const left = bodyBytes - before.length - after.length;
  if (left < 16) throw new RangeError(`a body of ${bodyBytes} bytes is too small`);
  const common = left > 4_096 ? text('the same for all', left >> 1) : '';
  return `${before}${common}${text(`number ${variant}`, left - common.length)}${after}`;
}

/** Prose with escapes in it, as JSON has them; plain words where an escape would be cut. */
function text(topic: string, bytes: number): string {
  const sentence = `${topic} said \\"a word and another\\" and went on to write some more of it.\\n`;
  const whole = sentence.repeat(Math.floor(bytes / sentence.length));
  return whole + `${topic} `.repeat(bytes).slice(0, bytes - whole.length);
}

/** Bytes on the wire. */
export function rawRequest(body: string, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const length = `content-length: ${Buffer.byteLength(body)}\r\n`;
  return `POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\n${lines.join('')}${length}\r\n${body}`;
}

/** A file as native/load.c reads it. */
export function writeRequests(
  file: string,
  bodies: readonly string[],
  headers: Readonly<Record<string, string>>,
): void {
  const requests = bodies.map((body) => rawRequest(body, headers));
  writeFileSync(file, requests.map((request) => `${Buffer.byteLength(request)}\n${request}`).join(''));
}
