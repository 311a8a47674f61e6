import { Interrupted } from '../../exit-code.ts';

/** Ctrl-C is how a watch ends: nothing to say. */
export function interrupted(): Interrupted {
  return new Interrupted('');
}
