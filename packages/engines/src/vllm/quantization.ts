import type { EngineQuantizations } from '../quantization/check-quantization.ts';
import type { FlagContext } from '../quantization/quantization-rule.ts';
import { always, noFlags } from '../quantization/quantization-rule.ts';
import { isAtLeast } from '../workload/versions.ts';
import { sinceAutoKernels, sinceOnlineQuantization } from './versions.ts';

/** With the flag, a checkpoint that is not quantized this way fails at load; without, it is served at full size. */
const namedSinceAutoKernels =
  (name: string) =>
  ({ engineVersion }: FlagContext): readonly string[] =>
    isAtLeast(engineVersion, sinceAutoKernels) ? ['--quantization', name] : [];

/**
 * A checkpoint quantized beforehand says so itself and needs no flag; only online quantization does. The lowest
 * capability is that of the weight-only kernels, which save memory where the arithmetic is missing.
 */
export const vllmQuantizations: EngineQuantizations = {
  weights: {
    fp8: {
      minCapability: 7.5,
      amd: true,
      flags: ({ modelVersion }) => (modelVersion.dtype === 'fp8' ? [] : ['--quantization', 'fp8']),
    },
    int8: {
      minCapability: 7.5,
      // B300 and GB300 do 154 to 165 TOPS in INT8, a thirtieth of their FP8.
      exceptCapabilities: [10.3],
      amd: false,
      since: sinceOnlineQuantization,
      flags: always('--quantization', 'int8_per_channel_weight_only'),
    },
    awq: { minCapability: 7.5, amd: true, flags: namedSinceAutoKernels('awq') },
    gptq: { minCapability: 7.0, amd: true, flags: namedSinceAutoKernels('gptq') },
    'compressed-tensors': { minCapability: 7.5, amd: true, flags: always('--quantization', 'compressed-tensors') },
    bitsandbytes: {
      minCapability: 7.0,
      amd: false,
      plugin: { since: '0.28.0', name: 'vllm-bnb-plugin' },
      flags: always('--quantization', 'bitsandbytes'),
    },
    nvfp4: { minCapability: 7.5, amd: false, flags: noFlags },
    mxfp4: { minCapability: 8.0, amd: true, flags: noFlags },
    gguf: {
      minCapability: 7.0,
      amd: false,
      plugin: { since: '0.24.0', name: 'vllm-gguf-plugin' },
      flags: always('--quantization', 'gguf'),
    },
    modelopt: { minCapability: 8.0, amd: true, flags: noFlags },
  },
  kvCache: {
    auto: { minCapability: 0, amd: true, flags: always('--kv-cache-dtype', 'auto') },
    fp8: { minCapability: 7.5, amd: true, flags: always('--kv-cache-dtype', 'fp8') },
    fp8_e4m3: { minCapability: 7.5, amd: true, flags: always('--kv-cache-dtype', 'fp8_e4m3') },
    fp8_e5m2: { minCapability: 7.5, amd: true, flags: always('--kv-cache-dtype', 'fp8_e5m2') },
    nvfp4: {
      minCapability: 10.0,
      amd: false,
      since: sinceOnlineQuantization,
      flags: always('--kv-cache-dtype', 'nvfp4'),
    },
  },
};
