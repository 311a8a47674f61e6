import type { IncomingMessage } from 'node:http';
import { RequestHead } from '../http1/request-head.ts';
import { headerRules, ruleForName } from '../http1/request-headers.ts';

/**
 * The same head from what Node's parser read; undefined when it is ambiguous to whoever reads it next: two hosts, or
 * a secret or a type that is given twice.
 */
export function headFromNode(request: IncomingMessage): RequestHead | undefined {
  const head = new RequestHead();
  const target = request.url ?? '/';
  const queryAt = target.indexOf('?');
  head.method = request.method ?? '';
  head.path = queryAt < 0 ? target : target.slice(0, queryAt);
  head.query = queryAt < 0 ? '' : target.slice(queryAt);
  head.headers = request.rawHeaders.length / 2;
  const named = connectionNames(request.headers.connection);
  let hosts = 0;
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    const name = (request.rawHeaders[index] as string).toLowerCase();
    const value = request.rawHeaders[index + 1] as string;
    if (name.startsWith(':')) continue;
    const line = `${name}: ${value}\r\n`;
    head.lines += line;
    if (name === 'host' && ++hosts > 1) return undefined;
    const rule = ruleForName(name);
    if (rule?.keep !== undefined) {
      if (head[rule.keep] !== undefined && rule !== headerRules.forwardedFor) return undefined;
      head[rule.keep] = value;
    }
    if ((rule === undefined || rule.forwarded) && !named?.has(name)) head.forwarded += line;
  }
  const length = request.headers['content-length'];
  if (length !== undefined) head.contentLength = Number(length);
  return head;
}

function connectionNames(connection: string | undefined): Set<string> | undefined {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return undefined;
  return new Set(connection.split(',').map((name) => name.trim().toLowerCase()));
}
