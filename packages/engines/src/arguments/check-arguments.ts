import { assertNever, type EngineChoice, nearestName, type Problem } from '@signalbox/domain';
import type { ArgumentRule, ArgumentRules } from './argument-rule.ts';
import { findRule } from './argument-rule.ts';

type Value = EngineChoice['args'][string];

const shape = /^[a-z][a-z0-9]*(-[a-z0-9]+)*(\.[A-Za-z0-9_-]+)*\+?$/;

/**
 * Everything wrong with `engine.args`. Flags that this adapter does not know are let through when they look like
 * flags: engines add some with every release. What looks like a slip of a known one is refused, and so is a
 * beginning of one, because argparse takes `--api-k` for `--api-key`.
 */
export function checkArguments(args: EngineChoice['args'], rules: ArgumentRules): Problem[] {
  return Object.entries(args).flatMap(([name, value]) => {
    const problem = problemWith(name, value, rules);
    return problem === null ? [] : [{ path: `spec.engine.args.${name}`, ...problem }];
  });
}

function problemWith(name: string, value: Value, rules: ArgumentRules): Problem | null {
  const rule = findRule(name, rules);
  if (rule === undefined) return problemWithUnknown(name, value, rules);
  if (rule.kind === 'owned') return { message: `Signalbox sets --${name} itself. ${rule.instead}` };
  if (value === false && rule.kind === 'choice' && rule.values.includes('false')) {
    return { message: `false would leave --${name} out: write "false" in quotes.`, allowed: rule.values };
  }
  if (value === null || value === false) return null;
  const expected = expectation(value, rule);
  if (expected === null) return null;
  const problem = { message: `--${name} takes ${expected}, not ${JSON.stringify(value)}.` };
  return rule.kind === 'choice'
    ? { ...problem, allowed: rule.values, ...nearest(String(value), rule.values) }
    : problem;
}

function problemWithUnknown(name: string, value: Value, rules: ArgumentRules): Problem | null {
  const known = Object.keys(rules);
  if (!shape.test(name)) {
    const tidy = name.replace(/^-+/, '').replaceAll('_', '-');
    const near = findRule(tidy, rules) === undefined ? nearestName(tidy, known) : tidy;
    const message = `"${name}" is no flag name: write it in lower case with dashes, without leading dashes.`;
    return near === undefined ? { message } : { message, nearest: near };
  }
  const near = nearestName(name, known) ?? known.find((candidate) => candidate.startsWith(name));
  if (near !== undefined) return { message: `There is no flag --${name}. Did you mean --${near}?`, nearest: near };
  if (name.startsWith('sim-')) return { message: `--${name} is a setting of the simulated engine only.` };
  return typeof value === 'string' && value.includes('\0') ? { message: `--${name} has a NUL character.` } : null;
}

/** What the rule wants, in words; null when the value is that. */
function expectation(
  value: Exclude<Value, null | false>,
  rule: Exclude<ArgumentRule, { kind: 'owned' }>,
): string | null {
  switch (rule.kind) {
    case 'switch':
      return value === true ? null : 'no value: write true or false';
    case 'number':
      return isNumber(value, rule) ? null : wantedNumber(rule);
    case 'tokens':
      return /^([1-9]\d*(\.\d+)?[kKmM]?|auto)$/.test(String(value)) ? null : 'a positive whole number';
    case 'json':
      return isJsonObject(value) ? null : 'a JSON object in one string';
    case 'choice':
      return rule.values.includes(String(value)) ? null : `one of ${rule.values.join(', ')}`;
    case 'text':
    case 'list':
      return value === true || value === '' || String(value).includes('\0') ? 'a value' : null;
    default:
      return assertNever(rule);
  }
}

function isNumber(value: string | number | true, rule: { integer: boolean; min: number; max: number | null }): boolean {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number)) return false;
  if (rule.integer && !Number.isSafeInteger(number)) return false;
  return number >= rule.min && (rule.max === null || number <= rule.max);
}

function wantedNumber(rule: { integer: boolean; min: number; max: number | null }): string {
  const kind = rule.integer ? 'a whole number' : 'a number';
  return rule.max === null ? `${kind} of at least ${rule.min}` : `${kind} from ${rule.min} to ${rule.max}`;
}

function isJsonObject(value: string | number | true): boolean {
  if (typeof value !== 'string') return false;
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
  } catch {
    return false;
  }
}

function nearest(value: string, known: readonly string[]): { nearest?: string } {
  const near = nearestName(value, known);
  return near === undefined ? {} : { nearest: near };
}
