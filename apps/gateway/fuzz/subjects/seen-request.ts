import type { Peer } from '../../src/callers/call-handler.ts';
import type { RequestHead } from '../../src/http1/request-head.ts';

/** One request as a server understood it. */
export interface SeenRequest {
  /** Which server took it. */
  path: Peer['path'];
  head: string;
  /** Undefined while it has not come whole. */
  body: string | undefined;
}

/** All that the policy and the engine get to know of a head, in one text. */
export function seenHead(head: RequestHead): string {
  const { method, path, query, contentLength, authorization, apiKey, cookie, contentType, contentEncoding } = head;
  const { requestId, traceparent, origin, idempotencyKey, requestTimeout, stainlessTimeout, retryCount } = head;
  const values = [method, path, query, contentLength, authorization, apiKey, cookie, contentType, contentEncoding];
  const more = [requestId, traceparent, origin, idempotencyKey, requestTimeout, stainlessTimeout, retryCount];
  return [...values, ...more, head.forwardedFor, head.headers, plain(head.forwarded), plain(head.lines)].join('|');
}

/** Names in lower case, values without the space around them: what parsers may keep or drop. */
function plain(lines: string): string {
  let text = '';
  for (const line of lines.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon >= 0)
      text += `${line.slice(0, colon).toLowerCase()}:${line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '')}\n`;
    else text += line === '' ? '' : `${line}\n`;
  }
  return text;
}

const cleanLines = /^(?:[!#$%&'*+.^_`|~0-9a-zA-Z-]+:[\t\x20-\x7e\x80-\xff]*\r\n)*$/;
const framing = /^(?:content-length|transfer-encoding|connection|host|trailer|te|upgrade|expect)[ \t]*:/im;

/** What must never be written into the head of a request to an engine. */
export function isSafeToForward({ forwarded, path, query }: RequestHead): boolean {
  return cleanLines.test(forwarded) && !framing.test(forwarded) && !/[\s\0]/.test(path + query);
}
