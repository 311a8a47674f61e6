import { once } from 'node:events';
import type { Database } from '@signalbox/db';
import { type Handlers, openEventStream } from '../../http/index.ts';
import type { ChangeFeed } from './change-feed.ts';
import type { LedgerService } from './ledger-service.ts';
import { watchChanges } from './watch-changes.ts';

export function recordRoutes(deps: {
  database: Database;
  ledger: LedgerService;
  feed: ChangeFeed;
}): Pick<Handlers, 'listLedger' | 'verifyLedger' | 'exportLedger' | 'watchEvents'> {
  const { ledger } = deps;
  return {
    listLedger: async ({ query }) => ({ body: await ledger.list(query, query) }),
    verifyLedger: async ({ query }) => ({ body: await ledger.verify(query.project) }),
    exportLedger: async ({ query }, { signal }, response) => {
      response.setHeader('content-type', 'application/x-ndjson');
      for await (const entry of ledger.export(query)) {
        if (signal.aborted) return;
        const roomLeft = response.write(`${JSON.stringify(entry)}\n`);
        if (!roomLeft) await once(response, 'drain', { signal }).catch(() => undefined);
      }
      response.end();
    },
    watchEvents: async ({ query }, { signal, lastEventId }, response) => {
      const after = query.after ?? (lastEventId === undefined ? undefined : Number.parseInt(lastEventId, 10) || 0);
      const open = () => openEventStream(response, signal);
      await watchChanges(deps, { project: query.project, after }, open, signal);
    },
  };
}
