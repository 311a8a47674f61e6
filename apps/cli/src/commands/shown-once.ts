import { Refusal } from '../exit-code.ts';
import { type Format, type Output, present } from '../output/output.ts';

/** Prints a new secret alone on stdout, so that `key=$(signalbox keys create …)` works. */
export function showSecret(
  out: Output,
  format: Format,
  made: { json: unknown; secret: string | null; about: string; revoke: string },
): void {
  const { secret } = made;
  // The answer to the first attempt was lost on the way, and the second one may not show the secret again.
  if (secret === null) throw new Refusal(`it was made, but the answer was lost; run ${made.revoke}, then create again`);
  present(out, format, {
    json: made.json,
    people: () => {
      out.note(made.about);
      out.line(secret);
    },
  });
}
