import { ApiProblem, type WatchItem } from '@signalbox/client';
import { stringify } from 'yaml';
import { isPassing } from '../../following/is-passing.ts';
import { WakeUps } from '../../following/wake-ups.ts';
import { resourceTable } from '../../kinds/columns.ts';
import { type KindEntry, type Resource, resourceName } from '../../kinds/kinds.ts';
import { paintState } from '../../output/colours.ts';
import { oneLine } from '../../output/printable.ts';
import { columnWidths, renderRow } from '../../output/table.ts';
import type { Session } from '../../session.ts';
import type { GetOptions } from './get-options.ts';
import { interrupted } from './interrupted.ts';

/** Events are hints; what they may have missed is found by looking again this often. */
const RESYNC_MS = 15_000;
/** Many changes at once are one look. */
const GATHER_MS = 100;

/** Shows what there is, and then each object again whenever it differs from what was printed last. */
export async function watchResources(
  session: Session,
  entry: KindEntry,
  name: string | undefined,
  options: GetOptions,
): Promise<never> {
  const { client, project, world } = session;
  const printer = new RowPrinter(session, entry, options);
  const matters = (item: WatchItem): boolean =>
    item.kind === 'change' ? concerns(item.change, entry, name) : item.kind !== 'lost';
  // Without the first answer there is nothing to watch; its error is the user's answer.
  printer.show(await read(session, entry, name, options));
  const wakeUps = new WakeUps(client, entry.inProject ? project : undefined, matters);
  try {
    for (;;) {
      await wakeUps.next(RESYNC_MS, world.interrupt);
      await world.sleep(GATHER_MS, world.interrupt);
      if (world.interrupt.aborted) throw interrupted();
      await look(session, entry, name, options, printer);
    }
  } finally {
    wakeUps.close();
  }
}

async function look(
  session: Session,
  entry: KindEntry,
  name: string | undefined,
  options: GetOptions,
  printer: RowPrinter,
): Promise<void> {
  try {
    printer.show(await read(session, entry, name, options));
  } catch (error) {
    if (error instanceof ApiProblem && error.code === 'resource.not_found') return printer.show([]);
    if (!isPassing(error)) throw error;
    session.out.note('the control plane does not answer; trying again');
  }
}

async function read(
  { client, project }: Session,
  entry: KindEntry,
  name: string | undefined,
  { selector }: GetOptions,
): Promise<readonly Resource[]> {
  if (name !== undefined) return [(await entry.get(client, name, project)).value];
  return (await entry.list(client, { project, labelSelector: selector })).value.items;
}

/** A deployment also changes with its rollout, replicas and routes, whose changes have names of their own. */
function concerns(change: { kind: string; name: string }, { kind }: KindEntry, name: string | undefined): boolean {
  return name === undefined || change.name === name || change.kind !== kind;
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
