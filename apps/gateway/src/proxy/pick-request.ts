import type { PickRequest } from '../routing/candidates.ts';
import type { PromptHasher } from '../routing/prompt-blocks.ts';
import type { Asked } from './exchanged-call.ts';

/** What of a request decides where it goes. The blocks are the hasher's own and change with the next request. */
export function pickRequestOf(asked: Asked, hasher: PromptHasher): PickRequest {
  if (asked.promptSpans.length === 0) return asked.pick;
  const blocks = hasher.hash(asked.request.body, asked.promptSpans, asked.route.gate.tenantSeed);
  return { ...asked.pick, blocks };
}
