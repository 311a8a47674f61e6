import type { EngineQuantizations } from '../quantization/check-quantization.ts';
import { always, noFlags } from '../quantization/quantization-rule.ts';
import { sinceRead } from './versions.ts';

/**
 * SGLang forbids `--quantization` on a checkpoint that is quantized already and finds out by itself, so flags appear
 * for online quantization only, and for the two formats that need a loader of their own.
 */
export const sglangQuantizations: EngineQuantizations = {
  weights: {
    fp8: {
      minCapability: 8.0,
      amd: true,
      flags: ({ modelVersion }) => (modelVersion.dtype === 'fp8' ? [] : ['--quantization', 'fp8']),
    },
    int8: {
      minCapability: 7.5,
      belowCapability: 10.0,
      amd: false,
      since: sinceRead,
      flags: always('--quantization', 'w8a8_int8'),
    },
    awq: { minCapability: 7.5, amd: true, flags: noFlags },
    gptq: { minCapability: 7.0, amd: true, flags: noFlags },
    'compressed-tensors': { minCapability: 8.0, amd: true, flags: noFlags },
    bitsandbytes: {
      minCapability: 7.0,
      amd: false,
      flags: always('--quantization', 'bitsandbytes', '--load-format', 'bitsandbytes'),
    },
    nvfp4: { minCapability: 8.0, amd: false, flags: noFlags },
    mxfp4: { minCapability: 8.0, amd: true, flags: noFlags },
    gguf: { minCapability: 7.0, amd: false, flags: always('--quantization', 'gguf', '--load-format', 'gguf') },
    modelopt: { minCapability: 8.9, amd: false, flags: noFlags },
  },
  kvCache: {
    auto: { minCapability: 0, amd: true, flags: always('--kv-cache-dtype', 'auto') },
    fp8: { minCapability: 7.5, amd: true, flags: always('--kv-cache-dtype', 'fp8_e4m3') },
    fp8_e4m3: { minCapability: 7.5, amd: true, flags: always('--kv-cache-dtype', 'fp8_e4m3') },
    fp8_e5m2: { minCapability: 7.5, amd: true, flags: always('--kv-cache-dtype', 'fp8_e5m2') },
    nvfp4: { minCapability: 10.0, amd: false, since: sinceRead, flags: always('--kv-cache-dtype', 'nvfp4') },
  },
};
