import type { Logger, Metrics } from '@signalbox/runtime';
import express, { type Express } from 'express';
import type { Handlers } from './handlers.ts';
import { mountOperations, type OperationsDeps } from './mount-operations.ts';
import { answerErrors, observeRequests, unknownPath } from './observe-requests.ts';
import { mountPages } from './pages/mount-pages.ts';
import { securityHeaders } from './security-headers.ts';

export interface AppDeps extends OperationsDeps {
  log: Logger;
  metrics: Metrics;
  handlers: Partial<Handlers>;
  /** Of the control plane, shown in the OpenAPI document. */
  version: string;
}

export function createApp(deps: AppDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  // ETags here are versions of objects, not hashes of bodies.
  app.set('etag', false);
  app.set('query parser', 'simple');
  app.use(observeRequests(deps.log, deps.metrics), securityHeaders);
  mountPages(app, deps.version);
  mountOperations(app, deps.handlers, deps);
  app.use(unknownPath);
  app.use(answerErrors(deps.log));
  return app;
}
