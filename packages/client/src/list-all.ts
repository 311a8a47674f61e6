import type { ApiResponse, OperationId } from '@signalbox/contracts';
import { type Answer, ask } from './answer.ts';
import type { CallOptions, Connection } from './exchange.ts';
import type { AnyRequest } from './request.ts';

/** Operations whose answer is one page of many. */
export type ListOperationId = {
  [Id in OperationId]: ApiResponse<Id> extends { readonly nextCursor: string | null } ? Id : never;
}[OperationId];

interface Page {
  items: readonly unknown[];
  nextCursor: string | null;
}

const PAGE = 500;

/** One answer in the shape of a page that is the last: all items, no cursor. */
export async function listAll(
  connection: Connection,
  id: OperationId,
  request: AnyRequest,
  options: CallOptions,
): Promise<Answer<unknown>> {
  const items: unknown[] = [];
  const asSent: unknown[] = [];
  let cursor: string | undefined;
  for (;;) {
    const query = { limit: PAGE, ...request.query, cursor };
    const answer = await ask(connection, id, { ...request, query }, options);
    // Both were checked against the operation's schema, which is a page.
    const page = answer.value as Page;
    items.push(...page.items);
    asSent.push(...(answer.json as Page).items);
    const next = page.nextCursor;
    if (next === null) {
      return {
        ...answer,
        value: { ...page, items, nextCursor: null },
        json: { ...(answer.json as Page), items: asSent },
      };
    }
    if (next === cursor) throw new Error(`${id}: the control plane gave the same cursor twice`);
    cursor = next;
  }
}
