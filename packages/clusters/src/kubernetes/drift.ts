import type { Deployment } from './api-types.ts';
import { annotation } from './ownership.ts';
import { parseQuantity } from './quantity.ts';

/** Where something added by others is told. Elsewhere the API server's own defaults appear beside what we rendered. */
const openMaps = /\.(labels|annotations|nodeSelector|requests|limits)$|^spec\.template\.spec(\.containers\[\d+\])?$/;
const serverDefaults = new Set(['restartPolicy', 'dnsPolicy', 'schedulerName', 'terminationMessagePath']);

/** What someone else changed in a Deployment of ours, as sentences. */
export function driftOf(deployment: Deployment, fieldManager: string): readonly string[] {
  return [...templateDrift(deployment), ...replicasDrift(deployment, fieldManager)];
}

function templateDrift({ metadata, spec }: Deployment): readonly string[] {
  const text = metadata?.annotations?.[annotation.template];
  const rendered = text === undefined ? undefined : parsed(text);
  if (rendered === undefined) return [`metadata.annotations["${annotation.template}"] is gone: drift can't be told`];
  return differences('spec.template', rendered, spec?.template);
}

/** Whoever set the number last owns the field; Signalbox is to be its one writer. */
function replicasDrift({ metadata, spec }: Deployment, fieldManager: string): readonly string[] {
  const owner = metadata?.managedFields?.find(
    ({ manager, fieldsV1 }) => manager !== fieldManager && setsReplicas(fieldsV1),
  );
  return owner === undefined ? [] : [`spec.replicas is ${spec?.replicas}, set by ${owner.manager}`];
}

function setsReplicas(fields: unknown): boolean {
  const spec = isMap(fields) ? fields['f:spec'] : undefined;
  return isMap(spec) && 'f:replicas' in spec;
}

function differences(path: string, rendered: unknown, live: unknown): readonly string[] {
  if (isEmpty(rendered) && isEmpty(live)) return [];
  if (Array.isArray(rendered)) return listDifferences(path, rendered, Array.isArray(live) ? live : []);
  if (isMap(rendered)) return mapDifferences(path, rendered, isMap(live) ? live : {});
  return isSame(rendered, live) ? [] : [`${path} is ${shown(live)}, rendered was ${shown(rendered)}`];
}

function mapDifferences(
  path: string,
  rendered: Record<string, unknown>,
  live: Record<string, unknown>,
): readonly string[] {
  const added = openMaps.test(path)
    ? Object.keys(live).filter((key) => !(key in rendered) && !serverDefaults.has(key))
    : [];
  return [
    ...Object.entries(rendered).flatMap(([key, value]) => differences(child(path, key), value, live[key])),
    ...added.map((key) => `${child(path, key)} is ${shown(live[key])}, rendered was nothing`),
  ];
}

/** Items with names are compared by name, as Kubernetes merges them; others by their place. */
function listDifferences(path: string, rendered: readonly unknown[], live: readonly unknown[]): readonly string[] {
  const key = (item: unknown, index: number) => (isMap(item) && typeof item.name === 'string' ? item.name : index);
  const liveByKey = new Map(live.map((item, index) => [key(item, index), { item, index }]));
  const known = new Set(rendered.map(key));
  const added = [...liveByKey].filter(([name]) => !known.has(name));
  return [
    ...rendered.flatMap((item, index) => differences(`${path}[${index}]`, item, liveByKey.get(key(item, index))?.item)),
    ...added.map(([, { item, index }]) => `${path}[${index}] is ${shown(item)}, rendered was nothing`),
  ];
}

function child(path: string, key: string): string {
  return /^[A-Za-z_]\w*$/.test(key) ? `${path}.${key}` : `${path}["${key}"]`;
}

/** The server drops empty values and writes quantities its own way: `0.5` comes back as `500m`. */
function isSame(rendered: unknown, live: unknown): boolean {
  if (rendered === live) return true;
  if (typeof rendered !== 'string' || typeof live !== 'string') return false;
  const quantity = parseQuantity(rendered);
  return quantity !== null && quantity === parseQuantity(live);
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  return isMap(value) && Object.keys(value).length === 0;
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (isMap(value) && typeof value.name === 'string') return value.name;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
