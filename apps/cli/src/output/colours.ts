import picocolors from 'picocolors';

export type Colours = ReturnType<typeof picocolors.createColors>;

export function coloursFor(wanted: boolean): Colours {
  return picocolors.createColors(wanted);
}

/** Colour is for people at a terminal who did not decline it (no-color.org). */
export function wantsColour(facts: {
  terminal: boolean;
  declined: boolean;
  env: Readonly<Record<string, string | undefined>>;
}): boolean {
  const noColor = facts.env.NO_COLOR !== undefined && facts.env.NO_COLOR !== '';
  return facts.terminal && !facts.declined && !noColor && facts.env.TERM !== 'dumb';
}

const GOOD = ['serving', 'ok', 'ready', 'completed', 'stable', 'true', 'done', 'live', 'goOn', 'created', 'intact'];
const BAD = ['unavailable', 'failing', 'lost', 'rolledBack', 'rollingBack', 'broken', 'silent', 'rollBack', 'deleted'];
const ODD = [
  'rollingOut',
  'paused',
  'degraded',
  'provisioning',
  'unknown',
  'deleting',
  'waiting',
  'superseded',
  'stepping',
  'planning',
  'pending',
  'starting',
  'current',
  'wait',
  'updated',
  'behind',
];

/** A state in its colour; the word itself always stands there too. */
export function paintState(word: string, colours: Colours): string {
  if (GOOD.includes(word)) return colours.green(word);
  if (BAD.includes(word)) return colours.red(word);
  if (ODD.includes(word)) return colours.yellow(word);
  return word;
}
