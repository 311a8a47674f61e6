import type { Problem } from '@signalbox/domain';
import type { Finding } from './finding.ts';
import { formatPath, parentPath } from './path.ts';
import { type PlainDocument, plainValue, type ValueBudget } from './plain-value.ts';
import type { YamlDocument, YamlFile } from './read-documents.ts';
import type { Place } from './source-text.ts';

/** A document as plain values, which can say where each of them stands. */
export class LocatedDocument {
  readonly value: unknown;
  readonly file: string;
  readonly line: number;
  /** Of the YAML itself. While there are any, the values mean nothing. */
  readonly syntaxProblems: readonly Problem[];
  readonly #plain: PlainDocument;
  readonly #placeOf: YamlFile['placeOf'];

  constructor(file: string, document: YamlDocument, placeOf: YamlFile['placeOf'], budget: ValueBudget) {
    this.file = file;
    this.#placeOf = placeOf;
    this.#plain = plainValue(document, budget);
    this.value = this.#plain.value;
    this.line = placeOf(document.contents?.range[0] ?? 0)[0];
    this.syntaxProblems = [...document.problems, ...this.#plain.problems].map(({ offset, message }) =>
      problemAt(file, placeOf(offset), message),
    );
  }

  problem({ path, message, atKey, allowed, nearest }: Finding): Problem {
    const formatted = formatPath(path);
    return {
      ...problemAt(this.file, this.#placeOf(this.#offsetOf(formatted, atKey === true)), message),
      ...(formatted === '' ? {} : { path: formatted }),
      ...(allowed === undefined ? {} : { allowed }),
      ...(nearest === undefined ? {} : { nearest }),
    };
  }

  positions(): Readonly<Record<string, Place>> {
    const entries = [...this.#plain.valueOffsets].map(([path, offset]) => [path, this.#placeOf(offset)] as const);
    return Object.fromEntries(entries);
  }

  /** What is missing stands where the map stands that lacks it. */
  #offsetOf(path: string, atKey: boolean): number {
    const { keyOffsets, valueOffsets } = this.#plain;
    const own = (atKey ? keyOffsets.get(path) : undefined) ?? valueOffsets.get(path);
    if (own !== undefined) return own;
    const parent = parentPath(path);
    return parent === undefined ? 0 : this.#offsetOf(parent, false);
  }
}

export function problemAt(file: string, [line, column]: Place, message: string): Problem {
  return { file, line, column, message };
}
