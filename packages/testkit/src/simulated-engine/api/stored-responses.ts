import { ApiError } from '../http/api-error.ts';
import type { Exchange, JsonObject } from '../http/exchange.ts';
import type { Simulation } from '../simulation.ts';

/** What was said up to the response that a request goes on from, that response included. */
export function turnsBefore({ storedResponses }: Simulation, id: unknown): readonly JsonObject[] {
  if (id === undefined || id === null) return [];
  const { response, turns } = find(storedResponses, String(id));
  return [...turns, ...(response.output as readonly JsonObject[])];
}

export function storedResponse(exchange: Exchange): void {
  const id = (exchange.request.url ?? '').split('?', 1)[0]?.split('/').at(-1) ?? '';
  exchange.json(find(exchange.simulation.storedResponses, decodeURIComponent(id)).response);
}

function find(stored: Simulation['storedResponses'], id: string) {
  const found = stored.get(id);
  if (found === undefined) throw new ApiError(404, 'invalid_request_error', `Response with id '${id}' not found.`);
  return found;
}
