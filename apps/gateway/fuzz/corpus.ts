import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Case } from './case.ts';

export interface CorpusCase extends Case {
  readonly file: string;
  /** Name of the subject. */
  readonly subject: string;
}

export const corpusDir = join(import.meta.dirname, 'corpus');

/**
 * One file per case, to be read by people: `name: value` lines, an empty line, then the bytes, where line breaks and
 * what does not print are written as escapes and the file's own line breaks mean nothing.
 */
export function readCorpus(dir = corpusDir): CorpusCase[] {
  return readdirSync(dir)
    .filter((file) => file.endsWith('.txt'))
    .sort()
    .map((file) => ({ file, ...parse(readFileSync(join(dir, file), 'utf8')) }));
}

export function addToCorpus(dir: string, file: string, about: string, subject: string, found: Case): void {
  mkdirSync(dir, { recursive: true });
  const facts = [`about: ${about}`, `subject: ${subject}`];
  if (found.cuts.length > 0) facts.push(`cuts: ${found.cuts.join(' ')}`);
  if (found.isLate) facts.push('late: yes');
  writeFileSync(join(dir, file), `${facts.join('\n')}\n\n${escaped(found.bytes)}\n`);
}

function parse(text: string): Omit<CorpusCase, 'file'> {
  const empty = text.indexOf('\n\n');
  const facts = new Map(
    text
      .slice(0, empty)
      .split('\n')
      .map((line) => line.split(': ', 2) as [string, string]),
  );
  const cuts = (facts.get('cuts') ?? '').split(' ').filter(Boolean).map(Number);
  return {
    subject: facts.get('subject') ?? '',
    bytes: unescaped(text.slice(empty + 2)),
    cuts,
    isLate: facts.get('late') === 'yes',
  };
}

const names: Readonly<Record<string, string>> = { '\r': '\\r', '\n': '\\n\n', '\t': '\\t', '\\': '\\\\' };

export function escaped(bytes: Buffer): string {
  return (
    bytes
      .toString('latin1')
      .replace(
        /[^\x20-\x5b\x5d-\x7e]/g,
        (each) => names[each] ?? `\\x${each.charCodeAt(0).toString(16).padStart(2, '0')}`,
      )
      // A space at a line's end would be lost on the way through editors.
      .replace(/ $/gm, '\\x20')
  );
}

const bytesByName: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t', '\\': '\\' };

function unescaped(text: string): Buffer {
  const bytes = text
    .replaceAll('\n', '')
    .replace(/\\(?:x([0-9a-f]{2})|(.))/g, (_, hex: string | undefined, name: string) =>
      hex !== undefined ? String.fromCharCode(Number.parseInt(hex, 16)) : (bytesByName[name] ?? name),
    );
  return Buffer.from(bytes, 'latin1');
}
