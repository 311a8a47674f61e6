import type { OperationId } from '@signalbox/contracts';
import { UnexpectedAnswer } from './errors.ts';
import { type CallOptions, type Connection, exchange, operationOf } from './exchange.ts';
import { parseJson } from './read-problem.ts';
import type { AnyRequest } from './request.ts';

/** One document, and what came with it. */
export interface Answer<T> {
  /** Checked, without the fields that this client does not know. */
  value: T;
  /** As it came. */
  json: unknown;
  status: number;
  etag: string | null;
  requestId: string | null;
}

export async function ask(
  connection: Connection,
  id: OperationId,
  request: AnyRequest,
  options: CallOptions,
): Promise<Answer<unknown>> {
  return exchange(connection, id, request, options, async (response) => {
    const text = await response.text();
    const json = isEmpty(id, response) ? undefined : parseJson(text);
    return {
      value: checked(connection.url, id, json, response),
      json,
      status: response.status,
      etag: response.headers.get('etag'),
      requestId: response.headers.get('x-request-id'),
    };
  });
}

function checked(url: string, id: OperationId, json: unknown, response: Response): unknown {
  if (isEmpty(id, response)) return undefined;
  if (json === undefined) {
    const type = response.headers.get('content-type') ?? 'nothing';
    const what = `not with JSON (it sent ${type}). Check that the URL is that of a control plane.`;
    throw new UnexpectedAnswer(url, response.status, what);
  }
  return checkedItem(url, id, json, response.status);
}

function isEmpty(id: OperationId, { status }: Response): boolean {
  const { answer, mayBeEmpty = false } = operationOf(id);
  return answer === 'empty' || (mayBeEmpty && status === 204);
}

/** One document, or one item of a stream, in the shape that contracts say. */
export function checkedItem(url: string, id: OperationId, json: unknown, status: number): unknown {
  const parsed = operationOf(id).response?.safeParse(json);
  if (parsed === undefined || parsed.success) return parsed?.data;
  const places = parsed.error.issues
    .slice(0, 3)
    .map((issue) => `${issue.path.join('.') || 'the answer'}: ${issue.message}`);
  const what = `not in the shape of ${id} (${places.join('; ')}). It may be of another version: compare them.`;
  throw new UnexpectedAnswer(url, status, what);
}
