/**
 * Releases whose flags were followed (0.16 to 0.28), and the one whose source was read and which was started and
 * captured (0.32.0). Older ones have other flags and metric names; those between were not looked at.
 */
export const vllmVersions: readonly string[] = [
  '0.32.0',
  '0.28.0',
  '0.27.1',
  '0.27.0',
  '0.26.0',
  '0.25.1',
  '0.25.0',
  '0.24.0',
  '0.23.0',
  '0.22.1',
  '0.22.0',
  '0.20.2',
  '0.20.1',
  '0.20.0',
  '0.19.1',
  '0.19.0',
  '0.18.1',
  '0.18.0',
  '0.17.1',
  '0.17.0',
  '0.16.0',
];

/** SIGTERM before this one aborts everything in flight, whatever one asks for. */
export const sinceShutdownTimeout = '0.18.0';
/** Images from here on carry CUDA 13, which has no code for compute capability 7.0. */
export const sinceCuda13 = '0.20.0';
/** Before, `--quantization awq` meant the slow kernel, not "AWQ, with the best kernel". */
export const sinceAutoKernels = '0.28.0';
/** Online quantization to more than fp8; KV cache in nvfp4. */
export const sinceOnlineQuantization = '0.20.0';
