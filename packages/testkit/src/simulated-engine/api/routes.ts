import { type Handler, type Routes, storedResponsePath } from '../http/server.ts';
import type { EngineSettings } from '../settings/settings.ts';
import { chatCompletions } from './chat.ts';
import { completions } from './completions.ts';
import { embeddings } from './embeddings.ts';
import { loadLoraAdapter, unloadLoraAdapter } from './lora.ts';
import { countMessageTokens, messages } from './messages.ts';
import { models } from './models.ts';
import { engineVersion, health, load, metrics } from './observe.ts';
import { responses } from './responses.ts';
import { clearFaults, setFaults, showArguments, showFaults, showStats } from './simulated.ts';
import { collectiveRpc, isSleeping, resetPrefixCache, sleep, wakeUp } from './sleep.ts';
import { storedResponse } from './stored-responses.ts';
import { detokenize, tokenize } from './tokenization.ts';

type RouteTable = Readonly<Record<string, Readonly<Record<string, Handler>>>>;

const always: RouteTable = {
  '/health': { GET: health },
  '/ping': { GET: health, POST: health },
  '/load': { GET: load },
  '/version': { GET: engineVersion },
  '/metrics': { GET: metrics },
  '/v1/models': { GET: models },
  '/tokenize': { POST: tokenize },
  '/detokenize': { POST: detokenize },
  '/simulated/arguments': { GET: showArguments },
  '/simulated/stats': { GET: showStats },
  '/simulated/faults': { GET: showFaults, POST: setFaults, DELETE: clearFaults },
};

const generate: RouteTable = {
  '/v1/chat/completions': { POST: chatCompletions },
  '/v1/completions': { POST: completions },
  '/v1/responses': { POST: responses },
  [storedResponsePath]: { GET: storedResponse },
  '/v1/messages': { POST: messages },
  '/v1/messages/count_tokens': { POST: countMessageTokens },
};

const pooling: RouteTable = { '/v1/embeddings': { POST: embeddings } };

const lora: RouteTable = {
  '/v1/load_lora_adapter': { POST: loadLoraAdapter },
  '/v1/unload_lora_adapter': { POST: unloadLoraAdapter },
};

const development: RouteTable = {
  '/sleep': { POST: sleep },
  '/wake_up': { POST: wakeUp },
  '/is_sleeping': { GET: isSleeping },
  '/reset_prefix_cache': { POST: resetPrefixCache },
  '/collective_rpc': { POST: collectiveRpc },
};

/** vLLM registers only what its settings allow; the rest is not there at all, and answers 404. */
export function routesFor(settings: EngineSettings): Routes {
  return new Map([
    ...Object.entries(always),
    ...Object.entries(settings.runner === 'pooling' ? pooling : generate),
    ...(settings.enableLora && settings.allowRuntimeLora ? Object.entries(lora) : []),
    ...(settings.devMode ? Object.entries(development) : []),
  ]);
}
