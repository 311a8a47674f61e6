import { type ModelVersionSpec, WEIGHT_FORMATS } from '@signalbox/domain';
import { z } from 'zod';
import { expected } from '../expected.ts';
import { fields, mapOf, oneOf, orNull, text, wholeNumber, withDefault } from '../fields.ts';
import { defineKind, read } from '../kind-contract.ts';
import { digest, modelName, versionName } from '../names.ts';
import { withoutNulls } from '../without-nulls.ts';
import { renderSource, source } from './source.ts';

const count = orNull(wholeNumber(1, 1_000_000_000));

const architecture = fields({
  parameters: orNull(wholeNumber(1, Number.MAX_SAFE_INTEGER)),
  layers: count,
  kvHeads: count,
  headSize: count,
  hiddenSize: count,
  contextLength: count,
});

const spec = fields({
  model: modelName,
  version: versionName,
  source,
  tokenizerDigest: orNull(digest),
  chatTemplateDigest: orNull(digest),
  format: withDefault(oneOf(WEIGHT_FORMATS), 'safetensors'),
  dtype: orNull(oneOf(['float32', 'float16', 'bfloat16', 'fp8'])),
  architecture: withDefault(architecture, {}),
  lineage: withDefault(mapOf(text('text'), 'text, such as parent: v3'), {}),
  licence: orNull(text('text')),
  evaluations: withDefault(mapOf(z.number(expected('a number')), 'scores'), {}),
});

export const modelVersionKind = defineKind({
  kind: 'ModelVersion',
  description: 'One immutable version of a model: where its weights come from, and what is known about them',
  spec,
  complete: read,
  render: renderModelVersion,
});

function renderModelVersion(version: ModelVersionSpec): z.input<typeof spec> {
  const { tokenizerDigest, chatTemplateDigest, dtype, licence } = version;
  return {
    model: version.model,
    version: version.version,
    source: renderSource(version.source),
    format: version.format,
    ...withoutNulls({ dtype, tokenizerDigest, chatTemplateDigest, licence }),
    ...withoutNulls({
      architecture: withoutNulls({ ...version.architecture }),
      lineage: { ...version.lineage },
      evaluations: { ...version.evaluations },
    }),
  };
}
