import { ApiProblem, type WatchItem } from '@signalbox/client';
import { stringify } from 'yaml';
import { resourceTable } from '../../kinds/columns.ts';
import { type KindEntry, type Resource, resourceName } from '../../kinds/kinds.ts';
import { paintState } from '../../output/colours.ts';
import { oneLine } from '../../output/printable.ts';
import { columnWidths, renderRow } from '../../output/table.ts';
import type { Session } from '../../session.ts';
import type { GetOptions } from './get.ts';
import { interrupted } from './interrupted.ts';

/**
 * Shows what there is, and then each object again whenever it has changed. Changes are hints: the object is read
 * anew, and printed only when it differs from what was printed last.
 */
export async function watchResources(
  session: Session,
  entry: KindEntry,
  name: string | undefined,
  options: GetOptions,
): Promise<void> {
  const printer = new RowPrinter(session, entry, options);
  for await (const item of session.client.events(entry.inProject ? { project: session.project } : {})) {
    if (item.kind === 'lost') session.out.note(`the connection was lost (${item.reason}); connecting again`);
    else await refresh(session, entry, name, options, item, printer);
  }
  throw interrupted();
}

async function refresh(
  session: Session,
  entry: KindEntry,
  name: string | undefined,
  { selector }: GetOptions,
  item: Exclude<WatchItem, { kind: 'lost' }>,
  printer: RowPrinter,
): Promise<void> {
  const { client, project } = session;
  if (item.kind === 'change' && name !== undefined && !concerns(item.change, entry, name)) return;
  if (name === undefined) {
    const { value } = await entry.list(client, { project, labelSelector: selector });
    return printer.show(value.items);
  }
  try {
    const { value } = await entry.get(client, name, project);
    printer.show([value]);
  } catch (error) {
    if (!(error instanceof ApiProblem && error.code === 'resource.not_found') || !printer.hasShown) throw error;
    printer.show([]);
  }
}

/** A deployment also changes with its rollout, replicas and routes, whose changes have names of their own. */
function concerns(change: { kind: string; name: string }, { kind }: KindEntry, name: string): boolean {
  return change.name === name || change.kind !== kind;
}

class RowPrinter {
  readonly #session: Session;
  readonly #entry: KindEntry;
  readonly #options: GetOptions;
  readonly #shown = new Map<string, string>();
  #widths: readonly number[] | undefined;

  constructor(session: Session, entry: KindEntry, options: GetOptions) {
    this.#session = session;
    this.#entry = entry;
    this.#options = options;
  }

  get hasShown(): boolean {
    return this.#shown.size > 0;
  }

  show(items: readonly Resource[]): void {
    const changed = items.filter((item) => this.#shown.get(item.metadata.name) !== fingerprint(item));
    for (const item of changed) this.#shown.set(item.metadata.name, fingerprint(item));
    this.#print(changed);
    const present = new Set(items.map(({ metadata }) => metadata.name));
    for (const gone of [...this.#shown.keys()].filter((name) => !present.has(name))) {
      this.#shown.delete(gone);
      this.#session.out.note(`${this.#entry.word}/${gone} is gone`);
    }
  }

  #print(items: readonly Resource[]): void {
    const { out } = this.#session;
    const { output } = this.#options;
    if (output === 'json') for (const item of items) out.line(JSON.stringify(item));
    else if (output === 'yaml') for (const item of items) out.text(`---\n${stringify(item, { lineWidth: 0 })}`);
    else if (output === 'name') for (const item of items) out.line(resourceName(item));
    else this.#printRows(items, output === 'wide');
  }

  #printRows(items: readonly Resource[], wide: boolean): void {
    if (items.length === 0) return;
    const { out, world } = this.#session;
    const { titles, rows } = resourceTable(this.#entry.kind, items, { wide, now: world.now() });
    const clean = rows.map((row) => row.map((cell) => oneLine(cell) || '-'));
    if (this.#widths === undefined) {
      this.#widths = columnWidths([titles, ...clean]);
      out.line(renderRow(titles, this.#widths, (text) => out.colours.bold(text)));
    }
    for (const row of clean) out.line(renderRow(row, this.#widths, (text) => paintState(text, out.colours)));
  }
}

function fingerprint(item: Resource): string {
  return JSON.stringify(item);
}
