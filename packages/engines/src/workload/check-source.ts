import type { ModelVersion, Problem } from '@signalbox/domain';

/** Whether an engine can load what the version holds, from where it is. */
export function checkSource(version: ModelVersion, engine: string, formats: readonly string[]): Problem[] {
  return [...checkFormat(version, engine, formats), ...checkBucket(version)];
}

function checkFormat({ format, version }: ModelVersion, engine: string, formats: readonly string[]): Problem[] {
  if (formats.includes(format)) return [];
  const path = 'spec.version';
  if (format === 'simulated') {
    const message = `Version ${version} holds no real weights (format simulated). Use engine simulated.`;
    return [{ path, message, allowed: formats }];
  }
  const message = `${engine} does not load weights of format ${format}, which is what version ${version} holds. ${instead(format)}`;
  return [{ path, message, allowed: formats }];
}

function instead(format: ModelVersion['format']): string {
  if (format === 'triton-repository') return 'Use engine triton.';
  if (format === 'onnx' || format === 'tensorrt') {
    return 'Lay the files out as a Triton model repository, register that as triton-repository and use engine triton.';
  }
  return 'Register a version in a format that the engine loads.';
}

function checkBucket({ source, format }: ModelVersion): Problem[] {
  if (source.kind !== 'objectStore') return [];
  const problems: Problem[] = [];
  const scheme = /^([a-z0-9]+):\/\//i.exec(source.uri)?.[1]?.toLowerCase();
  if (scheme !== 's3' && scheme !== 'gs') {
    const message = `Engines read buckets at s3:// and gs://, not ${source.uri}. Copy the weights there, or to a volume.`;
    problems.push({ path: 'spec.version', message });
  }
  if (scheme === 'gs' && source.secret !== null) {
    const message =
      'Engines take Google credentials from a file or the workload identity, never from the environment: give the replicas a workload identity and leave the secret out of the source.';
    problems.push({ path: 'spec.version', message });
  }
  if (format === 'pytorch' || format === 'gguf') {
    const message = `Only safetensors can be streamed from a bucket, not ${format}. Put the weights on a volume.`;
    problems.push({ path: 'spec.version', message });
  }
  return problems;
}
