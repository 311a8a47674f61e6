import { readFileSync } from 'node:fs';

/** What the real vLLM 0.32.0 answered, as `curl -i` wrote it down. */
export type CapturedAnswer = {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
};

export function capturedAnswer(name: string): CapturedAnswer {
  const text = readFileSync(new URL(`captured/${name}.txt`, import.meta.url), 'utf8');
  const end = text.indexOf('\r\n\r\n');
  const [first = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers = lines.map((line) => {
    const at = line.indexOf(':');
    return [line.slice(0, at), line.slice(at + 1).trim()] as const;
  });
  return { status: Number(first.split(' ')[1]), headers: new Map(headers), body: text.slice(end + 4) };
}

/** Keys in their order, with the type of each value; what differs between any two answers is left out. */
export function shapeOf(value: unknown): unknown {
  if (value === null) return 'null';
  if (Array.isArray(value)) {
    const objects = value.filter((one) => typeof one === 'object' && one !== null);
    const shapes = objects.map((one) => JSON.stringify(shapeOf(one)));
    return ['list', ...new Set(shapes)];
  }
  if (typeof value === 'object') return Object.entries(value).map(([key, one]) => [key, shapeOf(one)]);
  return typeof value;
}

/** The shapes of a stream's frames; as many like ones in a row as there are tokens count as one. */
export function streamShape(body: string): unknown[] {
  const shapes = body
    .split('\n\n')
    .filter((frame) => frame !== '')
    .map((frame) => {
      const event = /^event: (.*)$/m.exec(frame)?.[1] ?? '';
      const data = /^data: (.*)$/m.exec(frame)?.[1] ?? '';
      return JSON.stringify([event, data === '[DONE]' ? data : shapeOf(JSON.parse(data))]);
    });
  return shapes.filter((shape, i) => shape !== shapes[i - 1]).map((shape) => JSON.parse(shape) as unknown);
}
