import type { Operation } from '@signalbox/contracts';
import { AppError } from '@signalbox/domain';
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';

/** Manifests of a large installation come in one body, and so do a gateway's report on 20,000 replicas and its usage. */
const largeLimitBytes = 8 * 1024 * 1024;
const largePaths: readonly Operation['path'][] = ['/v1/apply', '/v1/gateways/{id}/report', '/v1/gateways/{id}/usage'];
const limitBytes = 1024 * 1024;

const expected = 'application/json';

/** Reads the JSON body of an operation that takes one. Runs after authorization: strangers get no memory. */
export function readBody(operation: Operation): (RequestHandler | ErrorRequestHandler)[] {
  if (operation.request?.body === undefined) return [];
  const limit = largePaths.includes(operation.path) ? largeLimitBytes : limitBytes;
  return [demandJson, express.json({ limit, strict: false }), explainBodyErrors(limit)];
}

const demandJson: RequestHandler = (request, _response, next) => {
  const empty =
    request.headers['transfer-encoding'] === undefined && Number(request.headers['content-length'] ?? 0) === 0;
  if (empty || request.is('application/json') !== false) return next();
  const received = request.headers['content-type'] ?? 'no content type';
  throw new AppError('request.unsupported_media_type', { expected, received });
};

function explainBodyErrors(limit: number): ErrorRequestHandler {
  return (error, _request, _response, next) => next(bodyError(error, limit));
}

/** Errors of the body parser tell their `type`. */
function bodyError(error: unknown, limit: number): unknown {
  const { type, message } = error as { type?: unknown; message?: unknown };
  switch (type) {
    case 'entity.too.large':
      return new AppError('request.too_large', { limitBytes: limit }, { cause: error });
    case 'encoding.unsupported':
    case 'charset.unsupported':
      return new AppError('request.unsupported_media_type', { expected: `${expected} in UTF-8`, received: message });
    case 'entity.parse.failed':
    case 'request.size.invalid':
    case 'request.aborted':
      return new AppError('request.malformed', { expected, detail: message }, { cause: error });
    default:
      return error;
  }
}
