import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { Simulation } from '../simulation.ts';
import { ApiError, anthropicError, openAiError, RouteError } from './api-error.ts';
import { Exchange } from './exchange.ts';

export type Handler = (exchange: Exchange) => void | Promise<void>;
/** path → method → handler */
export type Routes = ReadonlyMap<string, Readonly<Record<string, Handler>>>;

/** vLLM checks the key under these only; /metrics, /tokenize, /health and the dev-mode routes are open. */
const guarded = ['/v1', '/v2', '/inference', '/cohere'];
/** The one path with a part that changes; as FastAPI writes it, and vLLM in its metrics. */
export const storedResponsePath = '/v1/responses/{response_id}';
const loadMeasured = new Set(['/v1/chat/completions', '/v1/completions', '/v1/messages', '/v1/responses']);

function mayEnter({ settings }: Simulation, path: string, request: IncomingMessage): boolean {
  if (settings.apiKeys.length === 0 || request.method === 'OPTIONS') return true;
  if (!guarded.some((prefix) => path.startsWith(prefix))) return true;
  const given = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  return given !== undefined && settings.apiKeys.includes(given);
}

/** A proxy may or may not have stripped --root-path; the ASGI server takes both. */
function withoutRoot(path: string, rootPath: string): string {
  return rootPath !== '' && path.startsWith(`${rootPath}/`) ? path.slice(rootPath.length) : path;
}

function isHanging({ faults }: Simulation, path: string): boolean {
  if (!faults.hang || path.startsWith('/simulated/')) return false;
  return !(faults.healthLies && (path === '/health' || path === '/ping'));
}

function sendError(exchange: Exchange, path: string, error: unknown): void {
  // What goes wrong after the head has left can only be shown by breaking off.
  if (exchange.response.headersSent) exchange.response.destroy();
  else if (error instanceof RouteError) exchange.json({ detail: error.message }, error.status);
  else {
    const known =
      error instanceof ApiError ? error : new ApiError(500, 'InternalServerError', `simulated engine: ${error}`);
    exchange.json(path.startsWith('/v1/messages') ? anthropicError(known) : openAiError(known), known.status);
  }
}

function measure(exchange: Exchange, path: string, handler: string): void {
  const { simulation, request, response } = exchange;
  const startedAt = simulation.clock.nowMs();
  const isLoad = simulation.settings.trackServerLoad && loadMeasured.has(path);
  if (isLoad) simulation.serverLoad += 1;
  response.once('close', () => {
    if (isLoad) simulation.serverLoad -= 1;
    simulation.httpMetrics.record({
      handler,
      method: request.method ?? 'GET',
      status: response.statusCode,
      requestBytes: Number(request.headers['content-length'] ?? 0),
      responseBytes: exchange.responseBytes,
      seconds: (simulation.clock.nowMs() - startedAt) / 1000,
    });
  });
}

async function answer(simulation: Simulation, routes: Routes, request: IncomingMessage, response: ServerResponse) {
  const [rawPath = '/', query = ''] = (request.url ?? '/').split('?', 2);
  const path = withoutRoot(rawPath, simulation.settings.rootPath);
  if (isHanging(simulation, path)) {
    request.resume();
    return;
  }
  const exchange = new Exchange(simulation, request, response, new URLSearchParams(query));
  const route = path.replace(/^\/v1\/responses\/[^/]+$/, storedResponsePath);
  const methods = routes.get(route);
  measure(exchange, path, methods === undefined ? 'none' : route);
  try {
    if (!mayEnter(simulation, path, request)) {
      exchange.json({ error: 'Unauthorized' }, 401);
      return;
    }
    const handler = methods?.[request.method ?? ''];
    if (handler === undefined) throw new RouteError(methods === undefined ? 404 : 405);
    await handler(exchange);
  } catch (error) {
    sendError(exchange, path, error);
  } finally {
    // A body that no handler wanted would keep the connection from being used again.
    if (!request.readableEnded) request.resume();
  }
}

export function createEngineServer(simulation: Simulation, routes: Routes): Server {
  const server = createServer({ keepAliveTimeout: simulation.settings.keepAliveTimeoutMs }, (request, response) => {
    void answer(simulation, routes, request, response);
  });
  // uvicorn closes an idle connection at the very second; Node would add one, and hide the race this makes.
  server.keepAliveTimeoutBuffer = 0;
  // A held request may wait for longer than Node's 5 minutes.
  server.requestTimeout = 0;
  return server;
}
