import { AppError } from '@signalbox/domain';
import { type Logger, type Metrics, monotonicMs, newRequestId } from '@signalbox/runtime';
import type { ErrorRequestHandler, RequestHandler, Response } from 'express';
import { catalogued, problemAnswer } from './problem.ts';

/** What is gathered about a request for its summary line. */
export interface RequestFacts {
  requestId: string;
  operation: string;
  caller: string | undefined;
  code: string | undefined;
  startedAt: number;
}

export function factsOf(response: Response): RequestFacts {
  return response.locals as unknown as RequestFacts;
}

/** Gives each request its id, one log line and its metrics. */
export function observeRequests(log: Logger, metrics: Metrics): RequestHandler {
  const requests = metrics.counter('signalbox_api_requests_total', 'Requests to the API', ['operation', 'status']);
  const seconds = metrics.histogram(
    'signalbox_api_request_duration_seconds',
    'Time from the request’s head to the end of the answer, without streams',
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    ['operation'],
  );
  return (request, response, next) => {
    const facts = factsOf(response);
    facts.requestId = acceptableId(request.get('x-request-id')) ?? newRequestId();
    facts.operation = 'none';
    facts.startedAt = monotonicMs();
    response.setHeader('x-request-id', facts.requestId);
    response.once('close', () => {
      const durationMs = Math.round((monotonicMs() - facts.startedAt) * 10) / 10;
      requests.inc({ operation: facts.operation, status: String(response.statusCode) });
      if (response.getHeader('content-type') !== 'text/event-stream') {
        seconds.observe({ operation: facts.operation }, durationMs / 1_000);
      }
      const quiet = facts.operation === 'reportGateway' && response.statusCode < 400;
      log[quiet ? 'debug' : 'info']('request finished', {
        requestId: facts.requestId,
        operation: facts.operation,
        caller: facts.caller,
        code: facts.code,
        method: request.method,
        path: request.path,
        status: response.statusCode,
        finished: response.writableFinished,
        durationMs,
      });
    });
    next();
  };
}

/** Turns what was thrown into a problem. Only what is not the caller's doing is logged with its inside. */
export function answerErrors(log: Logger): ErrorRequestHandler {
  return (thrown, _request, response, _next) => {
    const facts = factsOf(response);
    const error = catalogued(thrown, facts.requestId);
    facts.code = error.code;
    if (error.code === 'internal.unexpected') log.error('a request failed', { requestId: facts.requestId, error });
    if (error.code === 'service.unavailable')
      log.warn('a request could not be served', { requestId: facts.requestId, error });
    if (response.headersSent) return void response.destroy();
    const { status, headers, body } = problemAnswer(error, facts.requestId);
    response.status(status).set(headers).type('application/problem+json').send(JSON.stringify(body));
  };
}

export const unknownPath: RequestHandler = () => {
  throw new AppError('request.not_found');
};

/** A caller's own id is taken over when it can do no harm in logs. */
function acceptableId(id: string | undefined): string | undefined {
  return id !== undefined && /^[\w.:-]{8,100}$/.test(id) ? id : undefined;
}
