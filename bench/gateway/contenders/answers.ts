import { setTimeout as pause } from 'node:timers/promises';
import type { Running } from '../rig/processes.ts';
import { chatBody } from '../rig/requests.ts';

/** Waits until a proxy passes a chat request on; says what the program complained of when it never does. */
export async function untilItAnswers(
  name: string,
  started: Running,
  port: number,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const deadline = performance.now() + 30_000;
  let last = 'no answer';
  while (performance.now() < deadline && !started.hasEnded()) {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: chatBody({ bodyBytes: 600, variant: 0 }),
        signal: AbortSignal.timeout(5_000),
      });
      const text = await response.text();
      if (response.ok) return;
      last = `status ${response.status}: ${text.slice(0, 300)}`;
    } catch (error) {
      last = error instanceof Error ? `${error.message} ${String(error.cause ?? '')}` : String(error);
    }
    await pause(50);
  }
  await started.stop();
  throw new Error(`${name} does not pass requests on: ${last}\n${started.complaints()}`);
}
