import type { Answer, Client } from '@signalbox/client';
import type { ApiResponse } from '@signalbox/contracts';
import type { ManifestKind } from '@signalbox/domain';
import { UsageError } from '../exit-code.ts';
import { nearest } from './nearest.ts';

export type Resource = ApiResponse<
  'getProject' | 'getCluster' | 'getPool' | 'getModel' | 'getModelVersion' | 'getDeployment' | 'getRoute'
>;
export type ResourceOf<Kind extends ManifestKind> = Extract<Resource, { kind: Kind }>;

interface Selection {
  project: string;
  labelSelector?: string | undefined;
}

/** One kind of resource: how people call it and how the API is asked about it. */
export interface KindEntry {
  kind: ManifestKind;
  /** As in `deployment/chat`. */
  word: string;
  names: readonly string[];
  /** False: outside of projects, the same for the whole installation. */
  inProject: boolean;
  list: (client: Client, selection: Selection) => Promise<Answer<{ readonly items: readonly Resource[] }>>;
  get: (client: Client, name: string, project: string) => Promise<Answer<Resource>>;
  remove: (
    client: Client,
    name: string,
    request: { project: string; yes: boolean; ifMatch?: string },
  ) => Promise<Answer<ApiResponse<'deleteDeployment'>>>;
}

type Resources = 'Projects' | 'Clusters' | 'Pools' | 'Models' | 'ModelVersions' | 'Deployments' | 'Routes';
type Singular<Name extends Resources> = Name extends `${infer One}s` ? One : never;
type Outside = 'Projects' | 'Clusters' | 'Pools';

const yesFlag = (yes: boolean): { yes?: 'true' } => (yes ? { yes: 'true' } : {});

function ofInstallation<Name extends Outside>(plural: Name): Pick<KindEntry, 'inProject' | 'list' | 'get' | 'remove'> {
  const one = plural.slice(0, -1) as Singular<Name>;
  return {
    inProject: false,
    list: (client, { labelSelector }) =>
      client.listAll<`list${Outside}`>(`list${plural}`, { query: { labelSelector } }),
    get: (client, name) => client.call<`get${Singular<Outside>}`>(`get${one}`, { params: { name } }),
    remove: (client, name, { yes, ifMatch }) =>
      client.call<`delete${Singular<Outside>}`>(`delete${one}`, { params: { name }, query: yesFlag(yes) }, { ifMatch }),
  };
}

function ofProject<Name extends Exclude<Resources, Outside>>(
  plural: Name,
): Pick<KindEntry, 'inProject' | 'list' | 'get' | 'remove'> {
  type Inside = Exclude<Resources, Outside>;
  const one = plural.slice(0, -1) as Singular<Name>;
  return {
    inProject: true,
    list: (client, query) => client.listAll<`list${Inside}`>(`list${plural}`, { query }),
    get: (client, name, project) =>
      client.call<`get${Singular<Inside>}`>(`get${one}`, { params: { name }, query: { project } }),
    remove: (client, name, { project, yes, ifMatch }) =>
      client.call<`delete${Singular<Inside>}`>(
        `delete${one}`,
        { params: { name }, query: { project, ...yesFlag(yes) } },
        { ifMatch },
      ),
  };
}

/** In the order in which they refer to each other, so that an export can be applied from top to bottom. */
export const KINDS: readonly KindEntry[] = [
  { kind: 'Project', word: 'project', names: ['project', 'projects', 'proj'], ...ofInstallation('Projects') },
  { kind: 'Cluster', word: 'cluster', names: ['cluster', 'clusters', 'cl'], ...ofInstallation('Clusters') },
  { kind: 'Pool', word: 'pool', names: ['pool', 'pools', 'po'], ...ofInstallation('Pools') },
  { kind: 'Model', word: 'model', names: ['model', 'models', 'mo'], ...ofProject('Models') },
  {
    kind: 'ModelVersion',
    word: 'model-version',
    names: ['model-version', 'model-versions', 'modelversion', 'modelversions', 'mv'],
    ...ofProject('ModelVersions'),
  },
  {
    kind: 'Deployment',
    word: 'deployment',
    names: ['deployment', 'deployments', 'deploy', 'dep', 'd'],
    ...ofProject('Deployments'),
  },
  { kind: 'Route', word: 'route', names: ['route', 'routes', 'rt'], ...ofProject('Routes') },
];

export function kindNamed(text: string): KindEntry {
  const wanted = text.toLowerCase();
  const found = KINDS.find(({ names }) => names.includes(wanted));
  if (found !== undefined) return found;
  const known = KINDS.flatMap(({ names }) => names);
  const near = nearest(wanted, known);
  const hint = near === undefined ? '' : `; did you mean ${near}?`;
  const kinds = KINDS.map(({ names: [, plural = ''] }) => plural).join(', ');
  throw new UsageError(`there is no kind ${text} (there are: ${kinds}${hint})`);
}

/** `deployment chat` and `deployment/chat` mean the same. */
export function kindAndName(
  kindText: string,
  name: string | undefined,
): { entry: KindEntry; name: string | undefined } {
  const [kind = '', ...rest] = kindText.split('/');
  if (rest.length === 0) return { entry: kindNamed(kind), name };
  if (name !== undefined) throw new UsageError(`give the name once: ${kindText} or ${kind} ${name}`);
  return { entry: kindNamed(kind), name: rest.join('/') };
}

export function resourceName({ kind, metadata }: Pick<Resource, 'kind' | 'metadata'>): string {
  return `${KINDS.find((entry) => entry.kind === kind)?.word ?? kind}/${metadata.name}`;
}
