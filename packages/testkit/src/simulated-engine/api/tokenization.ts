import { beginOfText, textOf, tokenIds, tokenText } from '../engine/tokenizer.ts';
import { invalidField } from '../http/api-error.ts';
import type { Exchange } from '../http/exchange.ts';
import { findModel } from './generation-request.ts';
import { renderChat } from './prompt-text.ts';

export async function tokenize(exchange: Exchange): Promise<void> {
  const { simulation } = exchange;
  const body = await exchange.body();
  findModel(simulation, body.model);
  const text = Array.isArray(body.messages) ? renderChat(body.messages, body.tools) : body.prompt;
  if (typeof text !== 'string') throw invalidField('body.prompt', 'missing', 'Field required', body);
  const tokens = tokenIds(text);
  if (body.add_special_tokens !== false) tokens.unshift(beginOfText);
  exchange.json({
    count: tokens.length,
    max_model_len: simulation.settings.maxModelLen,
    tokens,
    token_strs: body.return_token_strs === true ? tokens.map(tokenText) : null,
  });
}

export async function detokenize(exchange: Exchange): Promise<void> {
  const body = await exchange.body();
  findModel(exchange.simulation, body.model);
  if (!Array.isArray(body.tokens) || !body.tokens.every((token) => Number.isInteger(token))) {
    throw invalidField('body.tokens', 'list_type', 'Input should be a valid list', body.tokens);
  }
  exchange.json({ prompt: textOf(body.tokens) });
}
