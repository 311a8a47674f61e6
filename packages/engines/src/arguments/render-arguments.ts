import type { EngineChoice } from '@signalbox/domain';
import type { ArgumentRules } from './argument-rule.ts';
import { findRule } from './argument-rule.ts';

/** How an engine's command line writes a flag with its value: `--x 1` (argparse) or `--x=1` (Triton). */
export type ArgumentStyle = 'spaced' | 'joined';

/** Flags in the order of their names, so that the order in a manifest makes no new revision. */
export function renderArguments(args: EngineChoice['args'], rules: ArgumentRules, style: ArgumentStyle): string[] {
  const names = Object.keys(args).sort();
  return names.flatMap((name) => {
    const value = args[name];
    if (value === null || value === false || value === undefined) return [];
    const kind = findRule(name, rules)?.kind;
    if (kind === 'switch') return [`--${name}`];
    return style === 'joined' ? joined(name, value, kind === 'list') : spaced(name, value, kind === 'list');
  });
}

function spaced(name: string, value: string | number | true, isList: boolean): string[] {
  if (value === true) return [`--${name}`];
  const written = String(value);
  if (isList) return [`--${name}`, ...words(written)];
  // A value that begins with a dash would be read as the next flag.
  return written.startsWith('-') ? [`--${name}=${written}`] : [`--${name}`, written];
}

function joined(name: string, value: string | number | true, isList: boolean): string[] {
  if (isList && value !== true) return words(String(value)).map((word) => `--${name}=${word}`);
  return [`--${name}=${String(value)}`];
}

function words(value: string): string[] {
  return value.trim().split(/\s+/);
}
