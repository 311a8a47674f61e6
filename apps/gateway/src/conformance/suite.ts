import { engineAnswers } from './engine-answers.ts';
import { failover } from './failover.ts';
import { hostileBodies } from './hostile-bodies.ts';
import { hostileCallers } from './hostile-callers.ts';
import { hostileEngines } from './hostile-engines.ts';
import { keptResponses } from './kept-responses.ts';
import { leavingCallers } from './leaving-callers.ts';
import { loraAdapters } from './lora-adapters.ts';
import { openaiClient } from './openai-client.ts';
import type { Path } from './path.ts';
import { smuggling } from './smuggling.ts';

/** What the gateway promises on either path: the same tests, run once over each. */
export function conformance(path: Path): void {
  openaiClient(path);
  keptResponses(path);
  loraAdapters(path);
  engineAnswers(path);
  failover(path);
  hostileCallers(path);
  hostileBodies(path);
  smuggling(path);
  leavingCallers(path);
  hostileEngines(path);
}
