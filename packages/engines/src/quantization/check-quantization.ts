import type { KvCacheQuantization, ModelVersion, Problem, Quantization, WeightQuantization } from '@signalbox/domain';
import type { OfferedGpu } from '../gpus/find-gpus.ts';
import { isAtLeast } from '../workload/versions.ts';
import type { QuantizationRule, QuantizationRules } from './quantization-rule.ts';

export interface QuantizationContext {
  /** As people write it: `vLLM`. */
  engine: string;
  engineVersion: string;
  /** Whether the deployment brings its own image, which may hold plugins. */
  hasOwnImage: boolean;
  vendor: 'nvidia' | 'amd';
  gpus: readonly OfferedGpu[];
  modelVersion: ModelVersion;
}

export interface EngineQuantizations {
  weights: QuantizationRules<WeightQuantization>;
  kvCache: QuantizationRules<KvCacheQuantization>;
}

/** Everything wrong with `spec.quantization`. A deployment may land on any of its pools, so all of them must do. */
export function checkQuantization(
  wanted: Quantization,
  rules: EngineQuantizations,
  context: QuantizationContext,
): Problem[] {
  return [
    ...problems('spec.quantization.weights', effectiveWeights(wanted, context), rules.weights, context, formatRefusal),
    ...problems('spec.quantization.kvCache', wanted.kvCache, rules.kvCache, context, () => null),
  ];
}

/** A GGUF file is its own quantization, whether the deployment says so or not. */
function effectiveWeights(wanted: Quantization, context: QuantizationContext): WeightQuantization | null {
  return wanted.weights ?? (context.modelVersion.format === 'gguf' ? 'gguf' : null);
}

type Refusal<Name> = (name: Name, context: QuantizationContext) => string | null;

function problems<Name extends string>(
  path: string,
  wanted: Name | null,
  rules: QuantizationRules<Name>,
  context: QuantizationContext,
  formatOf: Refusal<Name>,
): Problem[] {
  if (wanted === null) return [];
  const refuse: Refusal<Name> = (name) => ruleRefusal(rules[name], name, context) ?? formatOf(name, context);
  const because = refuse(wanted, context);
  if (because === null) return [];
  const allowed = (Object.keys(rules) as Name[]).filter((name) => refuse(name, context) === null);
  const near = nearestOf(wanted, allowed);
  return [{ path, message: because, allowed, ...(near === undefined ? {} : { nearest: near }) }];
}

function ruleRefusal(rule: QuantizationRule, name: string, context: QuantizationContext): string | null {
  const engine = `${context.engine} ${context.engineVersion}`;
  if (rule.never !== undefined) return `${context.engine} cannot serve ${name}: ${rule.never}`;
  if (rule.since !== undefined && !isAtLeast(context.engineVersion, rule.since)) {
    return `${engine} has no ${name}; it is known from ${rule.since} on.`;
  }
  if (rule.plugin !== undefined && isAtLeast(context.engineVersion, rule.plugin.since) && !context.hasOwnImage) {
    return `The stock image of ${engine} lacks ${rule.plugin.name}, which ${name} needs. Build an image with it and name it in spec.engine.image.`;
  }
  if (context.vendor === 'amd') return rule.amd ? null : `${engine} has no ${name} on AMD GPUs.`;
  const gpu = context.gpus.find((offered) => offered.vendor === 'nvidia' && !runsOn(rule, offered));
  return gpu === undefined ? null : `${engine} cannot use ${name} on ${gpu.product}: ${capabilityRefusal(rule, gpu)}`;
}

function runsOn(rule: QuantizationRule, gpu: OfferedGpu): boolean {
  const capability = gpu.computeCapability;
  if (capability === null) return true;
  if (capability < rule.minCapability || capability >= (rule.belowCapability ?? Number.POSITIVE_INFINITY)) return false;
  return !(rule.exceptCapabilities ?? []).includes(capability);
}

function capabilityRefusal(rule: QuantizationRule, gpu: OfferedGpu): string {
  const has = `it has compute capability ${gpu.computeCapability?.toFixed(1)}`;
  if ((gpu.computeCapability ?? 0) < rule.minCapability)
    return `${has}, and ${rule.minCapability.toFixed(1)} is needed.`;
  if (rule.belowCapability !== undefined)
    return `${has}, and there is no kernel from ${rule.belowCapability.toFixed(1)} on.`;
  return `${has}, where this arithmetic is crippled.`;
}

function formatRefusal(name: WeightQuantization, { modelVersion }: QuantizationContext): string | null {
  const isGguf = modelVersion.format === 'gguf';
  if (isGguf !== (name === 'gguf')) {
    return isGguf
      ? `The weights are a GGUF file, which is quantized already: leave spec.quantization.weights out.`
      : `gguf needs weights of format gguf; these are ${modelVersion.format}.`;
  }
  if (modelVersion.dtype !== 'fp8' || ['fp8', 'compressed-tensors', 'modelopt'].includes(name)) return null;
  return `The weights are stored in fp8 already and cannot become ${name}.`;
}

const families: readonly (readonly string[])[] = [
  ['fp8', 'modelopt', 'compressed-tensors', 'int8'],
  ['awq', 'gptq', 'compressed-tensors', 'bitsandbytes', 'nvfp4', 'mxfp4', 'gguf'],
  ['nvfp4', 'fp8', 'fp8_e4m3', 'fp8_e5m2', 'auto'],
];

/** What comes closest in memory saved: another method of the same family. */
function nearestOf(wanted: string, allowed: readonly string[]): string | undefined {
  const family = families.filter((names) => names.includes(wanted)).flat();
  return family.find((name) => allowed.includes(name));
}
