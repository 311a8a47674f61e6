import { ApiError } from '../http/api-error.ts';
import type { Exchange } from '../http/exchange.ts';

function invalidInput(message: string): ApiError {
  return new ApiError(400, 'InvalidUserInput', message);
}

/** A path is never looked at: the simulation has no weights. */
export async function loadLoraAdapter(exchange: Exchange): Promise<void> {
  const { adapters } = exchange.simulation;
  const body = await exchange.body();
  const { lora_name: name, lora_path: path } = body;
  if (typeof name !== 'string' || typeof path !== 'string' || name === '' || path === '') {
    throw invalidInput("Both 'lora_name' and 'lora_path' must be provided.");
  }
  if (adapters.has(name) && body.load_inplace !== true) {
    const advice = "If you want to load the adapter in place, set 'load_inplace' to True.";
    throw invalidInput(`The lora adapter '${name}' has already been loaded. ${advice}`);
  }
  adapters.set(name, path);
  exchange.text(`Success: LoRA adapter '${name}' added successfully.`, 'text/plain; charset=utf-8');
}

export async function unloadLoraAdapter(exchange: Exchange): Promise<void> {
  const { lora_name: name } = await exchange.body();
  if (typeof name !== 'string' || name === '')
    throw invalidInput("'lora_name' needs to be provided to unload a LoRA adapter.");
  if (!exchange.simulation.adapters.delete(name)) {
    throw new ApiError(404, 'NotFoundError', `The lora adapter '${name}' cannot be found.`);
  }
  exchange.text(`Success: LoRA adapter '${name}' removed successfully.`, 'text/plain; charset=utf-8');
}
