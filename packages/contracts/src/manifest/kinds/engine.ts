import type { EngineChoice } from '@signalbox/domain';
import { z } from 'zod';
import { expected, expectedText } from '../expected.ts';
import { fields, mapOf, orNull, text, withDefault } from '../fields.ts';
import { dnsLabel, imageReference } from '../names.ts';
import { withoutNulls } from '../without-nulls.ts';

const argument = z.union(
  [z.string(), z.number(), z.boolean(), z.null()],
  expected('text, a number, true, false or null'),
);

const args = mapOf(argument, 'flags without dashes, such as max-model-len: 16384');

const variableName = text('the name of an environment variable: letters, digits and "_"', {
  pattern: /^[A-Za-z_][A-Za-z0-9_]*$/,
});

const env = mapOf(z.string(expectedText('text')), 'environment variables', variableName);

/** Which engines and versions there are is the engines' own knowledge; so is what their arguments mean. */
export const engine = fields({
  name: dnsLabel('the name of an engine, such as vllm'),
  version: orNull(text('a version such as 0.32.0', { pattern: /^[A-Za-z0-9][A-Za-z0-9._+-]{0,62}$/ })),
  image: orNull(imageReference),
  args: withDefault(args, {}),
  env: withDefault(env, {}),
});

export function renderEngine({ name, version, image, args, env }: EngineChoice): z.input<typeof engine> {
  return { name, version, ...withoutNulls({ image, args: { ...args }, env: { ...env } }) };
}
