import { stringify } from 'yaml';
import type { World } from '../world.ts';
import type { Colours } from './colours.ts';
import { printable } from './printable.ts';
import { renderTable, type Table } from './table.ts';

export const FORMATS = ['table', 'wide', 'json', 'yaml', 'name'] as const;
export type Format = (typeof FORMATS)[number];

/** Where a verb prints: results to stdout, everything said about them to stderr. */
export class Output {
  readonly colours: Colours;
  readonly #world: Pick<World, 'writeOut' | 'writeError'>;

  constructor(world: Pick<World, 'writeOut' | 'writeError'>, colours: Colours) {
    this.#world = world;
    this.colours = colours;
  }

  line(text = ''): void {
    this.#world.writeOut(`${text}\n`);
  }

  /** Text from models and engines, as it comes. */
  text(text: string): void {
    this.#world.writeOut(text);
  }

  table(table: Table): void {
    this.line(renderTable(table, this.colours));
  }

  json(value: unknown): void {
    this.line(JSON.stringify(value, null, 2));
  }

  yaml(value: unknown): void {
    this.#world.writeOut(stringify(value, { lineWidth: 0 }));
  }

  /** Something the user should know that is not the result. */
  note(text: string): void {
    this.#world.writeError(`${printable(text)}\n`);
  }

  warn(text: string): void {
    this.note(`warning: ${text}`);
  }
}

/** One answer in the format that was asked for. `people` prints it for table and wide. */
export function present(
  out: Output,
  format: Format,
  answer: { json: unknown; names?: readonly string[]; people: (wide: boolean) => void },
): void {
  if (format === 'json') out.json(answer.json);
  else if (format === 'yaml') out.yaml(answer.json);
  else if (format === 'name') for (const name of answer.names ?? []) out.line(name);
  else answer.people(format === 'wide');
}
