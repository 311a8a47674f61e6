import type { ApiResponse } from '@signalbox/contracts';
import { limitsText } from '../output/limits-text.ts';
import { type Column, type Table, tableOf } from '../output/table.ts';
import { age } from '../output/times.ts';
import type { Resource, ResourceOf } from './kinds.ts';

type Columns<R> = readonly Column<R>[];
type Split = ApiResponse<'getRoute'>['status']['split'];

const name = { title: 'NAME', cell: ({ metadata }: Resource) => metadata.name };
const labels = {
  title: 'LABELS',
  wide: true as const,
  cell: ({ metadata }: Resource) =>
    Object.entries(metadata.labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(','),
};
const author = { title: 'AUTHOR', wide: true as const, cell: ({ metadata }: Resource) => metadata.author };
const created = { title: 'AGE', cell: ({ metadata }: Resource, now: number) => age(metadata.createdAt, now) };

export function splitText(split: Split): string {
  return split.map(({ version, revision, percent }) => `${version} (${revision}) ${percent} %`).join(', ');
}

function gpusText(gpus: { free: number; total: number } | null): string {
  return gpus === null ? 'unknown' : `${gpus.free} of ${gpus.total} free`;
}

function field(spec: Readonly<Record<string, unknown>>, key: string): string {
  const value = spec[key];
  if (value === undefined || value === null) return '-';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function reachable(status: ResourceOf<'Cluster'>['status']): string {
  return status.reachable === null ? 'unknown' : String(status.reachable);
}

/** In the shape of the manifest: what there is no period for has none. */
function writtenLimits({ limits }: Readonly<Record<string, unknown>>): string {
  if (!Array.isArray(limits)) return '';
  return limitsText(limits.map(({ of, per, amount }) => ({ of, per: per ?? null, amount })));
}

const deployments: Columns<ResourceOf<'Deployment'>> = [
  name,
  { title: 'PHASE', cell: ({ status }) => status.phase },
  { title: 'VERSION', cell: ({ status }) => status.stable?.version ?? '-' },
  { title: 'SERVING', cell: ({ status }) => `${status.replicas.serving}/${status.replicas.desired}` },
  { title: 'TRAFFIC', cell: ({ status }) => splitText(status.split) },
  { title: 'ROLLOUT', cell: ({ status }) => rolloutText(status.rollout) },
  {
    title: 'ENGINE',
    wide: true,
    cell: ({ status, spec }) => `${engineText(spec)}${status.simulated ? ' (simulated)' : ''}`,
  },
  { title: 'ROUTES', wide: true, cell: ({ status }) => status.routes.join(', ') },
  labels,
  created,
];

function engineText(spec: Readonly<Record<string, unknown>>): string {
  const engine = spec.engine;
  if (typeof engine !== 'object' || engine === null) return '-';
  const { name: engineName, version } = engine as { name?: unknown; version?: unknown };
  return [engineName, version].filter((part) => part !== undefined).join(' ');
}

export function rolloutText(rollout: ResourceOf<'Deployment'>['status']['rollout']): string {
  if (rollout === null) return '-';
  const target = `to ${rollout.to.version} (${rollout.to.revision})`;
  if (!rollout.active) return `${rollout.phase} ${target}`;
  const held = rollout.paused ? ', paused' : '';
  return `${rollout.phase} ${target}, ${rollout.percent} %${held}`;
}

const clusters: Columns<ResourceOf<'Cluster'>> = [
  name,
  { title: 'ADAPTER', cell: ({ spec }) => field(spec, 'adapter') },
  { title: 'REACHABLE', cell: ({ status }) => reachable(status) },
  { title: 'NODES', cell: ({ status }) => String(status.nodes.length) },
  { title: 'GPUS', cell: ({ status }) => gpusText(totalGpus(status.nodes)) },
  { title: 'MESSAGE', wide: true, cell: ({ status }) => status.message ?? '-' },
  labels,
  created,
];

function totalGpus(nodes: ResourceOf<'Cluster'>['status']['nodes']): { free: number; total: number } {
  const sum = (pick: 'free' | 'total'): number => nodes.reduce((total, { gpus }) => total + gpus[pick], 0);
  return { free: sum('free'), total: sum('total') };
}

const pools: Columns<ResourceOf<'Pool'>> = [
  name,
  { title: 'CLUSTER', cell: ({ spec }) => field(spec, 'cluster') },
  { title: 'NODES', cell: ({ status }) => (status.nodes === null ? 'unknown' : String(status.nodes)) },
  { title: 'GPUS', cell: ({ status }) => gpusText(status.gpus) },
  { title: 'GPU PRODUCT', wide: true, cell: ({ spec }) => field(spec, 'gpuProduct') },
  labels,
  created,
];

const models: Columns<ResourceOf<'Model'>> = [
  name,
  { title: 'VERSIONS', cell: ({ status }) => status.versions.join(', ') },
  { title: 'LICENCE', wide: true, cell: ({ spec }) => field(spec, 'licence') },
  labels,
  created,
];

export const modelVersionColumns: Columns<ResourceOf<'ModelVersion'>> = [
  name,
  { title: 'MODEL', cell: ({ spec }) => field(spec, 'model') },
  { title: 'VERSION', cell: ({ spec }) => field(spec, 'version') },
  { title: 'DIGEST', cell: ({ status }) => shortDigest(status.digest) },
  { title: 'FORMAT', cell: ({ spec }) => field(spec, 'format') },
  { title: 'SOURCE', wide: true, cell: ({ status }) => sourceText(status.source) },
  author,
  labels,
  created,
];

function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 12);
}

function sourceText(source: Readonly<Record<string, unknown>>): string {
  return Object.values(source)
    .filter((value) => typeof value === 'string')
    .join(' ');
}

const routes: Columns<ResourceOf<'Route'>> = [
  name,
  { title: 'MODEL', cell: ({ spec }) => field(spec, 'model') },
  { title: 'DEPLOYMENT', cell: ({ spec }) => field(spec, 'deployment') },
  { title: 'TRAFFIC', cell: ({ status }) => splitText(status.split) },
  { title: 'REPLICAS', cell: ({ status }) => String(status.serving) },
  { title: 'ACCESS', wide: true, cell: ({ spec }) => field(spec, 'access') },
  { title: 'LIMITS', wide: true, cell: ({ spec }) => writtenLimits(spec) },
  labels,
  created,
];

const projects: Columns<ResourceOf<'Project'>> = [
  name,
  { title: 'DESCRIPTION', cell: ({ spec }) => field(spec, 'description') },
  { title: 'LIMITS', wide: true, cell: ({ spec }) => writtenLimits(spec) },
  labels,
  created,
];

const COLUMNS = {
  Project: projects,
  Cluster: clusters,
  Pool: pools,
  Model: models,
  ModelVersion: modelVersionColumns,
  Deployment: deployments,
  Route: routes,
} as const;

export function resourceTable(
  kind: Resource['kind'],
  items: readonly Resource[],
  options: { wide: boolean; now: number },
): Table {
  // The columns of a kind get only resources of that kind: a list holds one kind.
  return tableOf(COLUMNS[kind] as Columns<Resource>, items, options);
}
