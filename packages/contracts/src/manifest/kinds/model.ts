import type { ModelSpec } from '@signalbox/domain';
import type { z } from 'zod';
import { fields, orNull, text, withDefault } from '../fields.ts';
import { defineKind, read } from '../kind-contract.ts';
import { withoutNulls } from '../without-nulls.ts';

const spec = fields({ description: orNull(text('text')), licence: orNull(text('text')) });

export const modelKind = defineKind({
  kind: 'Model',
  description: 'A named line of versions',
  spec: withDefault(spec, {}),
  complete: read,
  render: (model: ModelSpec): z.input<typeof spec> => withoutNulls({ ...model }),
});
