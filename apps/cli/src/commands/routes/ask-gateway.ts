import { baseUrl, failureReason, serverSentEvents, Unreachable } from '@signalbox/client';
import { z } from 'zod';
import { Refusal, UsageError } from '../../exit-code.ts';
import { oneLine } from '../../output/printable.ts';
import type { Session } from '../../session.ts';

const failure = z.object({ error: z.object({ message: z.string() }) });
const chunk = z.object({
  choices: z.array(
    z.object({ delta: z.object({ content: z.string().nullish(), reasoning_content: z.string().nullish() }) }),
  ),
});

const ADVICE = 'Check that the gateway is running; --gateway-url or SIGNALBOX_GATEWAY_URL names another one.';

/** One chat completion in OpenAI's shape, which is what the gateway speaks. */
export async function askGateway(
  { settings, world }: Session,
  body: { model: string; stream: boolean } & Record<string, unknown>,
): Promise<Response> {
  const url = gatewayUrl(settings.gatewayUrl);
  const key = settings.key?.value.reveal();
  const headers = {
    'content-type': 'application/json',
    'user-agent': `signalbox-cli/${world.version}`,
    ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
  };
  const init = {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
    redirect: 'manual' as const,
    signal: world.interrupt,
  };
  const response = await world.fetch(`${url}/v1/chat/completions`, init).catch((error) => {
    world.interrupt.throwIfAborted();
    throw new Unreachable(url, failureReason(error), { cause: error, advice: ADVICE });
  });
  if (response.ok) return response;
  throw new Refusal(await refusalText(response, settings.key === undefined, settings.withheld));
}

function gatewayUrl({ value, origin }: Session['settings']['gatewayUrl']): string {
  try {
    return baseUrl(value);
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : error} (gateway URL from ${origin})`);
  }
}

async function refusalText(response: Response, keyless: boolean, withheld: readonly string[]): Promise<string> {
  const parsed = failure.safeParse(parseJson(await response.text()));
  const said = parsed.success ? oneLine(parsed.data.error.message) : `the gateway answered ${response.status}`;
  if (response.status !== 401 || !keyless) return `${said} (status ${response.status})`;
  return [`${said} (status 401)`, 'give a consumer key with --key or SIGNALBOX_KEY', ...withheld].join('; ');
}

export async function answerOf({ settings, world }: Session, response: Response): Promise<unknown> {
  const text = await response.text().catch((error) => {
    world.interrupt.throwIfAborted();
    throw brokenOff(settings.gatewayUrl.value, error);
  });
  const json = parseJson(text);
  if (json === undefined)
    throw new Refusal(`${settings.gatewayUrl.value} answered, but not with JSON. Is it a gateway?`);
  return json;
}

/** The answer piece by piece. Fails when the stream carries an error or stops before it is done. */
export async function* tokensOf({ settings, world }: Session, response: Response): AsyncGenerator<string> {
  const type = response.headers.get('content-type') ?? '';
  if (response.body === null || !type.startsWith('text/event-stream')) {
    throw new Refusal(`${settings.gatewayUrl.value} answered, but not with a stream. Is it a gateway?`);
  }
  try {
    for await (const { data } of serverSentEvents(response.body)) {
      if (data === '[DONE]') return;
      const json = parseJson(data);
      const failed = failure.safeParse(json);
      if (failed.success) throw new Refusal(`the answer broke off: ${oneLine(failed.data.error.message)}`);
      const parsed = chunk.safeParse(json);
      for (const { delta } of parsed.data?.choices ?? []) yield delta.content ?? delta.reasoning_content ?? '';
    }
  } catch (error) {
    world.interrupt.throwIfAborted();
    throw error instanceof Refusal ? error : brokenOff(settings.gatewayUrl.value, error);
  }
  throw brokenOff(settings.gatewayUrl.value, new Error('the stream ended too early'));
}

function brokenOff(url: string, error: unknown): Unreachable {
  return new Unreachable(url, failureReason(error), { cause: error, advice: 'The answer is incomplete.' });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
