import { errorCatalogue } from '@signalbox/domain';
import { PROBLEM_STATUS } from '../problem-status.ts';
import { escaped, page } from './html.ts';

/** Every problem's `type` leads to its line here. */
export function errorsPage(): string {
  const rows = Object.entries(errorCatalogue).map(
    ([code, { title, message }]) =>
      `<tr id="${code}"><td><code>${code}</code></td><td>${PROBLEM_STATUS[code as keyof typeof PROBLEM_STATUS]}</td>` +
      `<td>${escaped(title)}<br><small>${escaped(message)}</small></td></tr>`,
  );
  return page(
    'Errors · Signalbox',
    `<p><a href="/docs">Reference</a></p><h1>Errors</h1>
<p>Answers that are not a success are <code>application/problem+json</code> (RFC 9457). <code>code</code> is stable;
<code>detail</code> says what to do; <code>problems</code> lists the places in the input.</p>
<table><tr><th>Code</th><th>Status</th><th>Meaning</th></tr>
${rows.join('\n')}
</table>`,
  );
}
