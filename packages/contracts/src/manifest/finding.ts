import type { Path } from './path.ts';

/** Something wrong with one document, before it is known where that stands in the file. */
export interface Finding {
  path: Path;
  message: string;
  allowed?: readonly string[];
  nearest?: string;
  /** Points at the field's name: its value is not what is wrong. */
  atKey?: true;
}
