import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap } from 'yaml';
import { MANIFEST_LIMITS } from './limits.ts';
import { formatPath, type Path } from './path.ts';
import type { SyntaxProblem, YamlDocument } from './read-documents.ts';

/** A document as plain JSON values, and where each of them stands. */
export interface PlainDocument {
  value: unknown;
  problems: readonly SyntaxProblem[];
  /** Offsets by formatted path. A map or list counts as standing where its name stands. */
  valueOffsets: ReadonlyMap<string, number>;
  keyOffsets: ReadonlyMap<string, number>;
}

/** Shared by all documents of a file. */
export interface ValueBudget {
  left: number;
}

/**
 * Walks the nodes instead of asking the library for values: so every value has its place, aliases are followed under
 * a bound, and what YAML allows but a manifest can't mean (`<<`, cycles, a key twice) is refused where it stands.
 */
export function plainValue(document: YamlDocument, budget: ValueBudget): PlainDocument {
  const walk = new Walk(budget);
  const value = walk.visit(document.contents, [], document.contents?.range[0] ?? 0);
  return { value, problems: walk.problems, valueOffsets: walk.valueOffsets, keyOffsets: walk.keyOffsets };
}

class Walk {
  readonly problems: SyntaxProblem[] = [];
  readonly valueOffsets = new Map<string, number>();
  readonly keyOffsets = new Map<string, number>();
  readonly #anchors = new Map<string, Node>();
  readonly #open = new Set<Node>();
  readonly #budget: ValueBudget;

  constructor(budget: ValueBudget) {
    this.#budget = budget;
  }

  visit(node: unknown, path: Path, keyOffset: number): unknown {
    if (isAlias(node)) return this.#follow(node.source, path, offsetOf(node) ?? keyOffset);
    if (this.#exhausted(path, keyOffset)) return null;
    if (!isMap(node) && !isSeq(node)) return this.#scalar(node, path, keyOffset);
    this.valueOffsets.set(formatPath(path), keyOffset);
    this.#remember(node);
    this.#open.add(node);
    const value = isMap(node) ? this.#map(node, path) : this.#list(node.items, path, keyOffset);
    this.#open.delete(node);
    return value;
  }

  #scalar(node: unknown, path: Path, keyOffset: number): unknown {
    const value = isScalar(node) ? node.value : null;
    const written = isScalar(node) && node.source !== undefined && node.source !== '';
    this.valueOffsets.set(formatPath(path), (written ? offsetOf(node) : undefined) ?? keyOffset);
    if (isScalar(node)) this.#remember(node);
    if (typeof value === 'string') this.#refuseUnstorable(value, offsetOf(node));
    return value;
  }

  #list(items: readonly unknown[], path: Path, keyOffset: number): unknown[] {
    return items.map((item, index) => this.visit(item, [...path, index], offsetOf(item) ?? keyOffset));
  }

  #map(node: YAMLMap, path: Path): Record<string, unknown> {
    const value: Record<string, unknown> = {};
    for (const pair of node.items) {
      const key = this.#key(pair, value);
      if (key === undefined) continue;
      const keyOffset = offsetOf(pair.key) ?? 0;
      this.keyOffsets.set(formatPath([...path, key]), keyOffset);
      value[key] = this.visit(pair.value, [...path, key], keyOffset);
    }
    return value;
  }

  #key({ key }: Pair, siblings: Record<string, unknown>): string | undefined {
    if (!isScalar(key) || typeof key.value !== 'string') {
      this.#refuse(offsetOf(key), 'a key must be text');
      return undefined;
    }
    this.#remember(key);
    this.#refuseUnstorable(key.value, offsetOf(key));
    if (Object.hasOwn(siblings, key.value))
      this.#refuse(offsetOf(key), `${JSON.stringify(key.value)} is written twice`);
    else if (key.value === '<<') this.#refuse(offsetOf(key), 'merge keys (<<) are not supported: write the fields out');
    else if (key.value === '__proto__') this.#refuse(offsetOf(key), '"__proto__" cannot be a key');
    else return key.value;
    return undefined;
  }

  #follow(name: string, path: Path, offset: number): unknown {
    const target = this.#anchors.get(name);
    if (target !== undefined && !this.#open.has(target)) return this.visit(target, path, offset);
    const message = target === undefined ? 'this alias has no anchor before it' : 'this alias contains itself';
    this.#refuse(offset, message);
    return null;
  }

  /** An alias means the last anchor of its name before it, so the order of the walk is the order of the text. */
  #remember(node: Node & { anchor?: string }): void {
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
  }

  #exhausted(path: Path, offset: number): boolean {
    if (path.length > MANIFEST_LIMITS.depth) {
      this.#refuse(offset, `this is nested more than ${MANIFEST_LIMITS.depth} levels deep`);
      return true;
    }
    this.#budget.left -= 1;
    if (this.#budget.left === -1) this.#refuse(offset, 'the file holds too many values (aliases count each time)');
    return this.#budget.left < 0;
  }

  /** Escapes can write what no database takes into a JSON column. */
  #refuseUnstorable(text: string, offset: number | undefined): void {
    if (text.includes('\0') || !text.isWellFormed()) this.#refuse(offset, 'this contains a NUL or half a character');
  }

  #refuse(offset: number | undefined, message: string): void {
    this.problems.push({ offset: offset ?? 0, message });
  }
}

function offsetOf(node: unknown): number | undefined {
  return (node as { range?: readonly number[] | null } | null)?.range?.[0];
}
