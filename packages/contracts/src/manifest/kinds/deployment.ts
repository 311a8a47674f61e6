import { type DeploymentSpec, KV_CACHE_QUANTIZATIONS, WEIGHT_QUANTIZATIONS } from '@signalbox/domain';
import { z } from 'zod';
import { byteQuantity, formatByteQuantity } from '../byte-quantity.ts';
import { duration, formatDuration } from '../duration.ts';
import { expected } from '../expected.ts';
import { fields, listOf, noRepeats, oneOf, orNull, wholeNumber, withDefault } from '../fields.ts';
import type { Finding } from '../finding.ts';
import { defineKind, type ManifestDefaults, read, wrong } from '../kind-contract.ts';
import { clusterName, modelName, poolName, secretName, versionName } from '../names.ts';
import { withoutNulls } from '../without-nulls.ts';
import { engine, renderEngine } from './engine.ts';
import { renderRollout, rollout } from './rollout.ts';
import { renderScaling, scaling } from './scaling.ts';

const cpuOptions = expected('processors such as 4, 0.5 or 500m');
const cpu = z
  .union(
    [
      z.string().regex(/^(?!0+(\.0+)?m?$)(\d{1,6}(\.\d{1,3})?|\d{1,9}m)$/, cpuOptions),
      z.number().min(0.001, cpuOptions),
    ],
    cpuOptions,
  )
  .transform(String);

const resources = fields({
  cpu: orNull(cpu),
  memory: orNull(byteQuantity),
  sharedMemory: orNull(byteQuantity),
}).transform(({ cpu, memory, sharedMemory }) => ({ cpu, memoryBytes: memory, sharedMemoryBytes: sharedMemory }));

const spec = fields({
  model: modelName,
  version: versionName,
  engine,
  quantization: withDefault(
    fields({ weights: orNull(oneOf(WEIGHT_QUANTIZATIONS)), kvCache: orNull(oneOf(KV_CACHE_QUANTIZATIONS)) }),
    {},
  ),
  parallelism: withDefault(
    fields({ tensor: withDefault(wholeNumber(1, 1_024), 1), pipeline: withDefault(wholeNumber(1, 1_024), 1) }),
    {},
  ),
  placement: withDefault(
    fields({
      cluster: orNull(clusterName),
      pools: withDefault(listOf(poolName, 'names of pools').superRefine(noRepeats), []),
      spread: withDefault(oneOf(['node', 'none']), 'node'),
    }),
    {},
  ),
  resources: withDefault(resources, {}),
  scaling: withDefault(scaling, {}),
  rollout: withDefault(rollout, {}),
  drain: withDefault(
    fields({ timeout: withDefault(duration({ minMs: 0 }), '5m') }).transform(({ timeout }) => ({ timeoutMs: timeout })),
    {},
  ),
  startupTimeout: withDefault(duration({ minMs: 1_000 }), '20m'),
  imagePullSecrets: withDefault(listOf(secretName, 'names of secrets').superRefine(noRepeats), []),
}).transform(({ startupTimeout, ...rest }) => ({ ...rest, startupTimeoutMs: startupTimeout }));

export const deploymentKind = defineKind({
  kind: 'Deployment',
  description: 'What should serve: model, engine, quantization, parallelism, placement, scaling and rollout policy',
  spec,
  complete: (written, { defaults }) => {
    const { engine, placement } = written;
    const version = engine.version ?? defaultVersion(engine.name, defaults);
    if (version === undefined) return wrong(noVersion);
    const cluster = placement.cluster ?? defaults.cluster;
    return read({ ...written, engine: { ...engine, version }, placement: { ...placement, cluster } });
  },
  alsoWrong: (document, defaults) => {
    const { spec } = document as { spec?: { engine?: { name?: unknown; version?: unknown } | null } | null };
    const { name, version } = spec?.engine ?? {};
    const lacks = typeof name === 'string' && (version ?? defaultVersion(name, defaults)) === undefined;
    return lacks ? [noVersion] : [];
  },
  render: renderDeployment,
});

const noVersion: Finding = {
  path: ['spec', 'engine', 'version'],
  message: 'missing: expected the version of the engine, such as 0.32.0',
};

function defaultVersion(engine: string, { engineVersions }: ManifestDefaults): string | undefined {
  return Object.hasOwn(engineVersions, engine) ? engineVersions[engine] : undefined;
}

function renderDeployment(deployment: DeploymentSpec): z.input<typeof spec> {
  const { model, version, placement, imagePullSecrets } = deployment;
  return {
    model,
    version,
    engine: renderEngine(deployment.engine),
    ...withoutNulls({ quantization: withoutNulls({ ...deployment.quantization }) }),
    parallelism: { ...deployment.parallelism },
    placement: { cluster: placement.cluster, ...pools(placement.pools), spread: placement.spread },
    ...withoutNulls({ resources: renderResources(deployment.resources) }),
    scaling: renderScaling(deployment.scaling),
    rollout: renderRollout(deployment.rollout),
    drain: { timeout: formatDuration(deployment.drain.timeoutMs) },
    startupTimeout: formatDuration(deployment.startupTimeoutMs),
    ...(imagePullSecrets.length === 0 ? {} : { imagePullSecrets: [...imagePullSecrets] }),
  };
}

function pools(names: readonly string[]): { pools?: string[] } {
  return names.length === 0 ? {} : { pools: [...names] };
}

function renderResources({ cpu, memoryBytes, sharedMemoryBytes }: DeploymentSpec['resources']) {
  return withoutNulls({
    cpu,
    memory: memoryBytes === null ? null : formatByteQuantity(memoryBytes),
    sharedMemory: sharedMemoryBytes === null ? null : formatByteQuantity(sharedMemoryBytes),
  });
}
