import { AppError } from '@signalbox/domain';
import type { Handlers } from '../http/index.ts';
import type { GatewayReports } from './gateway-reports.ts';
import type { SnapshotStreams } from './snapshot-streams.ts';

/** The two operations that only gateways call. */
export function gatewayOperations(
  streams: SnapshotStreams,
  reports: GatewayReports,
): Pick<Handlers, 'watchSnapshots' | 'reportGateway'> {
  return {
    watchSnapshots: ({ params, query }, { signal }, response) =>
      new Promise((resolve) => {
        response.status(200);
        response.setHeader('content-type', 'text/event-stream');
        response.setHeader('cache-control', 'no-store');
        response.flushHeaders();
        const close = streams.open(params.id, response, query.have);
        const end = (): void => {
          close();
          response.end();
          resolve();
        };
        if (signal.aborted) end();
        else signal.addEventListener('abort', end, { once: true });
      }),

    reportGateway: async ({ params, body }) => {
      if (body.gatewayId !== params.id) {
        throw new AppError('request.invalid', { problems: 'the report is from another gateway than the path names' });
      }
      return { body: await reports.receive(body) };
    },
  };
}
