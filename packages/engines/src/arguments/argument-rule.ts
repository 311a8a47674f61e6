/**
 * What is known about one flag of an engine. `owned` flags are written by Signalbox itself from the typed parts of
 * the spec; a second opinion in `engine.args` would win or lose by position and is refused instead.
 */
export type ArgumentRule =
  | { kind: 'owned'; instead: string }
  /** Takes no value; `--no-x` is its opposite. */
  | { kind: 'switch' }
  | { kind: 'number'; integer: boolean; min: number; max: number | null }
  /** An integer, or one with a unit as `16k`, or `auto`. */
  | { kind: 'tokens' }
  | { kind: 'text' }
  | { kind: 'json' }
  /** Several values, written with spaces between. */
  | { kind: 'list' }
  | { kind: 'choice'; values: readonly string[] };

export type ArgumentRules = Readonly<Record<string, ArgumentRule>>;

export const owned = (instead: string): ArgumentRule => ({ kind: 'owned', instead });
export const flag: ArgumentRule = { kind: 'switch' };
export const text: ArgumentRule = { kind: 'text' };
export const json: ArgumentRule = { kind: 'json' };
export const list: ArgumentRule = { kind: 'list' };
export const tokens: ArgumentRule = { kind: 'tokens' };
export const count: ArgumentRule = { kind: 'number', integer: true, min: 1, max: null };
export const wholeNumber: ArgumentRule = { kind: 'number', integer: true, min: 0, max: null };
/** Minus one is how many flags say "off" or "no limit". */
export const countOrOff: ArgumentRule = { kind: 'number', integer: true, min: -1, max: null };
export const amount: ArgumentRule = { kind: 'number', integer: false, min: 0, max: null };
export const share: ArgumentRule = { kind: 'number', integer: false, min: 0, max: 1 };
export const choice = (...values: readonly string[]): ArgumentRule => ({ kind: 'choice', values });

/** The same rule under many names. */
export function each(names: string, rule: ArgumentRule): ArgumentRules {
  return Object.fromEntries(
    names
      .trim()
      .split(/\s+/)
      .map((name) => [name, rule]),
  );
}

/** The rule of a flag; `no-x` has the rule of the switch `x`. Only own names: `constructor` is no flag. */
export function findRule(name: string, rules: ArgumentRules): ArgumentRule | undefined {
  if (Object.hasOwn(rules, name)) return rules[name];
  if (!name.startsWith('no-') || !Object.hasOwn(rules, name.slice(3))) return undefined;
  const positive = rules[name.slice(3)];
  return positive?.kind === 'switch' ? positive : undefined;
}
