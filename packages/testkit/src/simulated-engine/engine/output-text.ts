import type { Random } from './random.ts';
import { hash32, pick, seededRandom } from './random.ts';

/** Output is ASCII, so that a token is four characters here as it is four bytes in the tokenizer. */
const charactersPerToken = 4;

const words = (
  'the a this that our their each every model service request answer customer order system result signal track ' +
  'train station switch route version release team number value change record report detail reason question time ' +
  'is was has can should will may takes gives shows needs keeps holds moves opens closes returns explains sends ' +
  'new old first last small large clear simple stable careful quick slow green red ready open local public safe ' +
  'and or but because while when before after with without into from over under between through during about'
).split(' ') as [string, ...string[]];

const junk = '#@%&*{}[]<>|~^\\/=+_$0123456789xqzjkvw'.split('') as [string, ...string[]];

export type OutputWish = {
  readonly seed: number;
  readonly maxTokens: number;
  readonly minTokens: number;
  /** About how long an answer is that ends by itself. */
  readonly usualTokens: number;
  readonly ignoreEos: boolean;
  readonly stop: readonly string[];
  /** Given when the text is not free: JSON, or a tool call's arguments. */
  readonly fixedText: string | null;
  readonly kind: 'words' | 'garbage' | 'empty';
};

/** Known in full before the first token is sent: the engine only decides when each token comes. */
export type Output = {
  readonly text: string;
  /** With the end-of-text token, which has no text. */
  readonly tokens: number;
  readonly finishReason: 'stop' | 'length';
  readonly stopReason: string | null;
};

function prose(random: Random, characters: number): string {
  let text = '';
  let left = 0;
  while (text.length < characters) {
    const word = pick(random, words);
    if (left === 0) {
      text += `${text === '' ? '' : ' '}${word.charAt(0).toUpperCase()}${word.slice(1)}`;
      left = 4 + Math.floor(random() * 9);
    } else {
      left -= 1;
      text += left === 0 ? ` ${word}.` : ` ${word}`;
    }
  }
  return text.slice(0, characters);
}

function noise(random: Random, characters: number): string {
  let text = '';
  while (text.length < characters) text += pick(random, junk);
  return text;
}

function freeText(wish: OutputWish): string {
  if (wish.kind === 'empty') return '';
  const random = seededRandom(wish.seed);
  const usual = Math.max(1, wish.minTokens, Math.round(wish.usualTokens * (0.5 + random())));
  const tokens = wish.ignoreEos ? wish.maxTokens : Math.min(usual, wish.maxTokens);
  return (wish.kind === 'garbage' ? noise : prose)(random, tokens * charactersPerToken);
}

/** Where the first of the stop strings ends, and which it was. */
function firstStop(text: string, stop: readonly string[]): { at: number; by: string } | undefined {
  let first: { at: number; by: string } | undefined;
  for (const by of stop) {
    const at = by === '' ? -1 : text.indexOf(by);
    if (at >= 0 && (first === undefined || at < first.at)) first = { at, by };
  }
  return first;
}

export function planOutput(wish: OutputWish): Output {
  const isFree = wish.fixedText === null || wish.kind !== 'words';
  const full = isFree ? freeText(wish) : (wish.fixedText ?? '');
  // An end-of-text token follows, unless the request does not want to see it.
  const wanted = Math.ceil(full.length / charactersPerToken) + (wish.ignoreEos && isFree ? 0 : 1);
  const tokens = Math.max(1, Math.min(wanted, wish.maxTokens));
  const text = full.slice(0, tokens * charactersPerToken);
  const stopped = firstStop(text, wish.stop);
  if (stopped !== undefined) {
    return {
      text: text.slice(0, stopped.at),
      tokens: Math.ceil((stopped.at + stopped.by.length) / charactersPerToken),
      finishReason: 'stop',
      stopReason: stopped.by,
    };
  }
  const isCut = tokens < wanted || (wish.ignoreEos && isFree);
  return { text, tokens, finishReason: isCut ? 'length' : 'stop', stopReason: null };
}

/** The text of one token; empty for the end-of-text token and for those a stop string has eaten. */
export function pieceAt(output: Output, index: number): string {
  return output.text.slice(index * charactersPerToken, (index + 1) * charactersPerToken);
}

/** A log probability that looks like one and is always the same for the same token at the same place. */
export function logprobAt(output: Output, index: number): number {
  return -((hash32(pieceAt(output, index), index) % 6000) / 1000);
}
