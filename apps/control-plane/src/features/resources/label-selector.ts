import { AppError } from '@signalbox/domain';

type Labels = Readonly<Record<string, string>>;
type Term = (labels: Labels) => boolean;

/** `team=support,tier!=free,gpu`: every term must hold. Throws when it can't be read. */
export function labelSelector(text: string | undefined): Term {
  if (text === undefined || text.trim() === '') return () => true;
  const terms = text.split(',').map((term) => parseTerm(term.trim()));
  return (labels) => terms.every((term) => term(labels));
}

function parseTerm(text: string): Term {
  const match = /^(!?)([\w./-]+)(?:(==?|!=)([\w.-]*))?$/.exec(text);
  const [, absent, key, operator, value] = match ?? [];
  if (key === undefined || (absent === '!' && operator !== undefined)) throw badTerm(text);
  if (operator === undefined) return (labels) => (labels[key] === undefined) === (absent === '!');
  return operator === '!=' ? (labels) => labels[key] !== value : (labels) => labels[key] === value;
}

function badTerm(text: string): AppError {
  const message = `“${text}” is none of key=value, key!=value, key, !key`;
  const problems = [{ path: 'query.labelSelector', message }];
  return new AppError('request.invalid', { problems: `labelSelector: ${message}` }, { problems });
}
