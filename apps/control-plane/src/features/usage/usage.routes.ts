import type { ApiResponse } from '@signalbox/contracts';
import { type Database, type RequestUsage, repositories, usageSums } from '@signalbox/db';
import type { Clock } from '@signalbox/runtime';
import type { Handlers } from '../../http/index.ts';
import { demandProject, notFound } from '../find-project.ts';
import { iso } from '../instants.ts';
import { cursorAfter, usageQuery } from './usage-query.ts';

const mostOfOneRequest = 100;

export function usageRoutes(deps: {
  database: Database;
  clock: Clock;
}): Pick<Handlers, 'getUsage' | 'getRequestUsage' | 'reportUsage'> {
  const { database, clock } = deps;
  return {
    getUsage: async ({ query }) => {
      if (!query.allProjects) await demandProject(repositories(database), query.project);
      const asked = usageQuery(query, clock.now());
      const rows = await usageSums(database, { ...asked, limit: asked.limit + 1 });
      const last = rows[asked.limit - 1];
      return {
        body: {
          from: iso(asked.from),
          to: iso(asked.to),
          groupBy: asked.groupBy,
          items: rows.slice(0, asked.limit).map(({ names: _, ...item }) => item),
          nextCursor: rows.length > asked.limit && last !== undefined ? cursorAfter(last.names) : null,
        },
      };
    },

    getRequestUsage: async ({ params, query }) => {
      const repos = repositories(database);
      await demandProject(repos, query.project);
      const records = await repos.usage.ofRequest(query.project, params.requestId, mostOfOneRequest);
      if (records.length === 0) throw notFound('Request', params.requestId, query.project, undefined, hint);
      return { body: { items: records.map(view) } };
    },

    reportUsage: async ({ body }) => {
      const { stored } = await database.transaction((tx) => repositories(tx).usage.add(body.records, clock.now()));
      return { body: { stored, known: body.records.length - stored } };
    },
  };
}

const hint = 'A request is told about a second after its end; records are kept for some weeks.';

function view(row: RequestUsage): ApiResponse<'getRequestUsage'>['items'][number] {
  const { inputTokens, cachedTokens, outputTokens, reasoningTokens, startedAt, receivedAt, requests: _, ...rest } = row;
  return {
    ...rest,
    startedAt: iso(startedAt),
    receivedAt: iso(receivedAt),
    tokens: { input: inputTokens, cached: cachedTokens, output: outputTokens, reasoning: reasoningTokens },
  };
}
