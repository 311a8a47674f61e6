import { isUtf8 } from 'node:buffer';
import { isDeepStrictEqual } from 'node:util';
import { keptResponse } from '../../src/dialects/responses/keeper-mark.ts';
import { engineRequest } from '../../src/proxy/engine-request.ts';
import { type BodyFacts, scanBody } from '../../src/proxy/scan-body.ts';
import type { Backend } from '../../src/routing/routing-table.ts';
import type { Case } from '../case.ts';
import type { Dice } from '../dice.ts';
import { jsonBody } from '../grammar/json-bodies.ts';
import { mutate } from '../mutate.ts';
import type { Subject } from '../subject.ts';

type Parsed = Readonly<Record<string, unknown>>;

/** As much of a revision as a request is made for. */
const backend = { facts: { servedModelName: 'tiny', engine: 'vllm' } } as Backend;
const endpoint = { kind: 'byBody', dialect: 'openai', api: 'chat' } as const;
const ordersToEngines = /^(?:cache_salt|priority|kv_transfer_params|rid|bootstrap_.+)$/s;
/** By the gateway, each held against what it means to change. */
const changed = ['model', 'stream_options', 'previous_response_id'];
const bounds = ['max_tokens', 'max_completion_tokens', 'max_output_tokens'];

/**
 * The scan of JSON bodies beside `JSON.parse`: they must never see two models in one body, nor other bounds; and what
 * the engine is sent must be the same body but for what the gateway changes in it.
 */
export class Bodies implements Subject {
  readonly name = 'bodies';
  taken = 0;

  make(dice: Dice): Case {
    return { bytes: mutate(dice, jsonBody(dice)), cuts: [], isLate: false };
  }

  async compare(cases: readonly Case[]): Promise<(string | undefined)[]> {
    return cases.map(({ bytes }) => {
      const scan = scanBody(bytes);
      if (scan.kind === 'refused') return undefined;
      this.taken++;
      return differenceOf(bytes, scan);
    });
  }

  close(): void {}
}

function differenceOf(bytes: Buffer, scan: BodyFacts): string | undefined {
  const parsed = parse(bytes);
  if (!isUtf8(bytes)) return 'what is no UTF-8 is read';
  if (parsed === undefined) {
    // Mistakes deep inside are the engine's to refuse; on the top level there must be none.
    const top = parse(Buffer.from(withoutInside(bytes.toString())));
    return top === undefined ? `read, but no JSON: model ${JSON.stringify(scan.model)}` : undefined;
  }
  const { model, stream } = parsed;
  if (scan.model !== model) return `model ${JSON.stringify(scan.model)}, JSON.parse says ${JSON.stringify(model)}`;
  if (scan.stream !== (stream === true)) return `stream ${scan.stream}, JSON.parse says ${JSON.stringify(stream)}`;
  const numbers = bounds.map((name) => parsed[name]).filter((value) => typeof value === 'number');
  const most = numbers.length === 0 ? null : Math.max(...numbers);
  if (scan.maxOutputTokens !== most) return `at most ${scan.maxOutputTokens} tokens, JSON.parse says ${most}`;
  return differenceSent(bytes, scan, parsed);
}

function differenceSent(body: Buffer, facts: BodyFacts, parsed: Parsed): string | undefined {
  const place = { kind: 'body', facts } as const;
  const previous = facts.previousResponse === null ? undefined : keptResponse(facts.previousResponse.id);
  const asked = { endpoint, method: 'POST', path: '/', query: '', body, place, previous } as const;
  const request = engineRequest(asked, backend);
  if (request.kind === 'refused' || request.body === null) return 'refused after it was read';
  const sent = parse(request.body);
  const both = `:\n  sent ${request.body}`;
  if (sent === undefined) return `what is sent is no JSON${both}`;
  if (sent.model !== 'tiny') return `sent under another name${both}`;
  const { previous_response_id: id } = parsed;
  const engineId = typeof id === 'string' ? (keptResponse(id)?.id ?? id) : id;
  if (sent.previous_response_id !== engineId) return `goes on from another response${both}`;
  if (!isDeepStrictEqual(restOf(sent), restOf(parsed))) return `something else is sent${both}`;
  const { stream_options: options } = parsed;
  if (!facts.stream) return isDeepStrictEqual(sent.stream_options, options) ? undefined : `other options${both}`;
  // Options that are wrong go as they are: the engine is to say so.
  if (isDeepStrictEqual(sent.stream_options, options)) return undefined;
  const usage = (sent.stream_options as Parsed).include_usage === true;
  const kept = isDeepStrictEqual(withoutUsage(sent.stream_options), withoutUsage(options ?? {}));
  return usage && kept ? undefined : `other options${both}`;
}

/** What the gateway has no business with. */
function restOf(body: Parsed): Parsed {
  const rest = Object.entries(body).filter(([key]) => !changed.includes(key) && !ordersToEngines.test(key));
  return Object.fromEntries(rest);
}

function withoutUsage(options: unknown): Parsed {
  const rest = Object.entries(options as Parsed).filter(
    ([key]) => key !== 'include_usage' && key !== 'continuous_usage_stats',
  );
  return Object.fromEntries(rest);
}

function parse(bytes: Buffer): Parsed | undefined {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}

/** The same text with strings emptied and what is nested taken out. */
function withoutInside(text: string): string {
  let shorter = text.replace(/"(?:[^"\\]|\\[\s\S])*"/g, '""');
  const start = shorter.indexOf('{') + 1;
  for (let before = ''; before !== shorter; ) {
    before = shorter;
    shorter = shorter.slice(0, start) + shorter.slice(start).replace(/\[[^[\]{}]*\]|\{[^[\]{}]*\}/g, '0');
  }
  return shorter;
}
