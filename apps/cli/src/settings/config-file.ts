import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { UsageError } from '../exit-code.ts';

const context = z
  .strictObject({
    name: z.string().min(1),
    url: z.string().min(1),
    token: z.string().min(1).optional(),
    tokenFile: z.string().min(1).optional(),
    gatewayUrl: z.string().min(1).optional(),
    key: z.string().min(1).optional(),
    keyFile: z.string().min(1).optional(),
    project: z.string().min(1).optional(),
  })
  .refine((it) => it.token === undefined || it.tokenFile === undefined, 'give token or tokenFile, not both')
  .refine((it) => it.key === undefined || it.keyFile === undefined, 'give key or keyFile, not both');

const config = z
  .strictObject({ currentContext: z.string().optional(), contexts: z.array(context).default([]) })
  .refine(
    ({ contexts }) => new Set(contexts.map(({ name }) => name)).size === contexts.length,
    'two contexts have the same name',
  );

export type ConfigContext = z.output<typeof context>;
export type Config = z.output<typeof config>;

/** Reads the text of ~/.config/signalbox/config.yaml. Every problem names file, line and column. */
export function parseConfig(file: string, text: string): Config {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const broken = document.errors.map((error) => `${place(error.pos[0])}: ${error.message}`);
  if (broken.length > 0) throw new UsageError(`the settings file is not valid\n${broken.join('\n')}`);
  const parsed = config.safeParse(document.toJS() ?? {});
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => {
    const path = issue.path.map(String);
    const offset = offsetOf(document, path);
    return `${place(offset)}: ${path.join('.') || 'the file'}: ${issue.message}`;
  });
  throw new UsageError(`the settings file is not valid\n${problems.join('\n')}`);
}

/** Where a path stands, or where its nearest existing parent does. */
function offsetOf(document: ReturnType<typeof parseDocument>, path: readonly string[]): number {
  for (let length = path.length; length > 0; length--) {
    const steps = path.slice(0, length).map((step) => (/^\d+$/.test(step) ? Number(step) : step));
    const node: unknown = document.getIn(steps, true);
    if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)) {
      return Number(node.range[0]);
    }
  }
  return 0;
}

/** The context that is asked for, or the current one; undefined where the file names none. */
export function contextNamed(file: string, parsed: Config, wanted: string | undefined): ConfigContext | undefined {
  const name = wanted ?? parsed.currentContext;
  if (name === undefined) return undefined;
  const found = parsed.contexts.find((candidate) => candidate.name === name);
  if (found !== undefined) return found;
  const known = parsed.contexts.map((candidate) => candidate.name).join(', ') || 'none';
  const asked = wanted === undefined ? 'currentContext is' : '--context is';
  throw new UsageError(`${file}: ${asked} ${name}, but there is no such context (there are: ${known})`);
}
