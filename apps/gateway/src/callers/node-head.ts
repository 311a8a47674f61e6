import type { IncomingMessage } from 'node:http';
import { RequestHead } from '../http1/request-head.ts';
import { headerRules, type Rule, ruleForName } from '../http1/request-headers.ts';

const versions: ReadonlySet<string> = new Set(['1.1', '1.0', '2.0']);

/**
 * The same head from what Node's parser read; undefined for what that lets through and others read differently: no
 * host or two, a secret or a type that is given twice, a coding beside `chunked`, a target that is no path, HTTP/0.9.
 */
export function headFromNode(request: IncomingMessage): RequestHead | undefined {
  const head = new RequestHead();
  const target = request.url ?? '/';
  if (!target.startsWith('/') || !versions.has(request.httpVersion)) return undefined;
  const queryAt = target.indexOf('?');
  head.method = request.method ?? '';
  head.path = queryAt < 0 ? target : target.slice(0, queryAt);
  head.query = queryAt < 0 ? '' : target.slice(queryAt);
  head.headers = request.rawHeaders.length / 2;
  const named = connectionNames(request.headers.connection);
  let host: string | undefined;
  let codings = 0;
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    const given = (request.rawHeaders[index] as string).toLowerCase();
    // HTTP/2 names the host, the method and the path in headers of its own.
    const name = given === ':authority' ? 'host' : given;
    const value = request.rawHeaders[index + 1] as string;
    if (name.startsWith(':')) continue;
    if (name === 'host') {
      if (host !== undefined && (request.httpVersionMajor === 1 || host !== value)) return undefined;
      if (host === value) continue;
      host = value;
    }
    if (name === 'transfer-encoding' && (++codings > 1 || value.toLowerCase() !== 'chunked')) return undefined;
    const line = `${name}: ${value}\r\n`;
    head.lines += line;
    const rule = ruleForName(name);
    if (rule?.keep !== undefined) {
      const former = head[rule.keep];
      const joint = jointBy(rule, request.httpVersionMajor);
      if (former !== undefined && joint === undefined) return undefined;
      head[rule.keep] = former === undefined ? value : former + joint + value;
    }
    if ((rule === undefined || rule.forwarded) && !named?.has(name)) head.forwarded += line;
  }
  if (request.httpVersion === '1.1' && host === undefined) return undefined;
  const length = request.headers['content-length'];
  if (length !== undefined) head.contentLength = Number(length);
  return head;
}

/** Between the values of headers that may occur several times; HTTP/2 lets callers send each cookie for itself. */
function jointBy(rule: Rule, httpVersion: number): string | undefined {
  if (rule === headerRules.forwardedFor) return ', ';
  return rule === headerRules.cookie && httpVersion > 1 ? '; ' : undefined;
}

function connectionNames(connection: string | undefined): Set<string> | undefined {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return undefined;
  return new Set(connection.split(',').map((name) => name.trim().toLowerCase()));
}
