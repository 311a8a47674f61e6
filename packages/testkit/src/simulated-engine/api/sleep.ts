import { badParameter } from '../http/api-error.ts';
import type { Exchange } from '../http/exchange.ts';

export function sleep(exchange: Exchange): void {
  const { simulation, query } = exchange;
  const level = query.get('level') ?? '1';
  if (level !== '1' && level !== '2') throw badParameter('level', `level must be 1 or 2, got ${level}`, level);
  simulation.engine.sleep(level === '1' ? 1 : 2);
  if (level === '2') simulation.hasLostWeights = true;
  exchange.empty();
}

export function wakeUp(exchange: Exchange): void {
  const { simulation, response } = exchange;
  const cancel = simulation.clock.after(simulation.settings.simulation.wakeMs, () => {
    simulation.engine.wake();
    exchange.empty();
  });
  response.once('close', cancel);
}

export function isSleeping(exchange: Exchange): void {
  exchange.json({ is_sleeping: exchange.simulation.engine.sleepLevel > 0 });
}

export function resetPrefixCache(exchange: Exchange): void {
  exchange.simulation.engine.resetPrefixCache();
  exchange.empty();
}

/** Only `reload_weights` is known: what must follow the waking from a level 2 sleep. */
export async function collectiveRpc(exchange: Exchange): Promise<void> {
  const { method } = await exchange.body();
  if (method !== 'reload_weights') throw badParameter('method', `unknown method ${method}`, String(method));
  exchange.simulation.hasLostWeights = false;
  exchange.json({ results: [null] });
}
