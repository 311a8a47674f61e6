import { LIMITED_QUANTITIES, type LimitSpec } from '@signalbox/domain';
import { UsageError } from '../../exit-code.ts';
import { nearest } from '../../kinds/nearest.ts';

const LEVEL = 'concurrency';
const RATES = LIMITED_QUANTITIES.filter((of) => of !== LEVEL);
const PERIODS = ['minute', 'day'] as const;
const KNOWN: readonly string[] = [...RATES.flatMap((of) => PERIODS.map((per) => `${of}/${per}`)), LEVEL];

/** `tokens/minute=100000` or `concurrency=8`, as `--limit` takes it. */
export function parseLimit(text: string): LimitSpec {
  const [, what = '', amount = ''] = /^([^=]*)=(.*)$/.exec(text) ?? [];
  if (!/^[1-9]\d{0,11}$/.test(amount)) {
    throw new UsageError(`--limit ${text}: write a quantity and a whole number above 0, as tokens/minute=100000`);
  }
  if (what === LEVEL) return { of: LEVEL, per: null, amount: Number(amount) };
  const [name, period, ...more] = what.split('/');
  const of = RATES.find((it) => it === name);
  const per = PERIODS.find((it) => it === period);
  if (of === undefined || per === undefined || more.length > 0) throw new UsageError(unknown(text, what));
  return { of, per, amount: Number(amount) };
}

function unknown(text: string, what: string): string {
  const near = nearest(what, KNOWN);
  const hint = near === undefined ? '' : `; did you mean ${near}?`;
  return `--limit ${text}: there is no limit of ${what || 'nothing'} (there are: ${KNOWN.join(', ')}${hint})`;
}
