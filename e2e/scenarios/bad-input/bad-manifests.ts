import type { Problem } from '@signalbox/domain';

/** Manifests that are refused, and what people are told. Each stands behind a good one, which must not get in either. */
export interface BadManifests {
  name: string;
  text: string;
  status: number;
  code: string;
  /** Part of the line that the problem points at: the last one with it. */
  at: string;
  problem: Pick<Problem, 'path' | 'nearest'> & { message: string };
}

const bystander = `apiVersion: signalbox.dev/v1
kind: Model
metadata: { name: bystander }
spec: {}
`;

function manifest(kind: string, name: string, spec: string): string {
  return `---
apiVersion: signalbox.dev/v1
kind: ${kind}
metadata: { name: ${name} }
spec:
${spec
  .trim()
  .split('\n')
  .map((line) => `  ${line.trim()}`)
  .join('\n')}
`;
}

const behindGoodOne = (...documents: string[]): string => [bystander, ...documents].join('');
const invalid = { status: 422, code: 'manifest.invalid' };

const commit = (digit: string) => digit.repeat(40);
const version = (name: string, more: string, model = 'greeter') =>
  manifest(
    'ModelVersion',
    `greeter-${name}`,
    `model: ${model}
    version: ${name}
    format: simulated
    ${more}`,
  );
const source = (digit: string) => `source: { huggingFace: { repo: example/greeter, revision: "${commit(digit)}" } }`;

interface Parts {
  version?: string;
  engine?: string;
  pools?: string;
  more?: string;
}
const deployment = ({ version: wanted = 'v1', engine, pools = 'local', more = '' }: Parts) =>
  manifest(
    'Deployment',
    'other',
    `model: greeter
    version: ${wanted}
    engine: ${engine ?? '{ name: simulated, args: { sim-gpus: 0 } }'}
    placement: { cluster: local, pools: [${pools}] }
    scaling: { min: 1, max: 1 }
    ${more}`,
  );

const unreadable: readonly BadManifests[] = [
  {
    name: 'malformed YAML',
    text: behindGoodOne(manifest('Route', 'other', 'deployment: chat: chat')),
    ...invalid,
    at: 'chat: chat',
    problem: { message: 'a map cannot start here' },
  },
  {
    name: 'an alias that contains itself',
    text: behindGoodOne(manifest('Model', 'other', 'description: &a { again: *a }')),
    ...invalid,
    at: '*a',
    problem: { message: 'this alias contains itself' },
  },
  {
    name: 'an unknown kind',
    text: behindGoodOne(manifest('Deploiment', 'other', 'model: greeter')),
    ...invalid,
    at: 'kind: Deploiment',
    problem: { message: 'Deploiment', path: 'kind', nearest: 'Deployment' },
  },
  {
    name: 'an unknown field',
    text: behindGoodOne(manifest('Route', 'other', 'deployment: chat\ntimeout: { total: 1s }')),
    ...invalid,
    at: 'timeout:',
    problem: { message: 'there is no field "timeout"', path: 'spec.timeout', nearest: 'timeouts' },
  },
  {
    name: 'a name written twice',
    text: behindGoodOne(manifest('Model', 'bystander', 'licence: mit')),
    ...invalid,
    at: 'name: bystander',
    problem: { message: 'is written already in', path: 'metadata.name' },
  },
];

const contradicting: readonly BadManifests[] = [
  {
    name: 'a version of a model that is missing',
    text: behindGoodOne(version('v9', source('9'), 'greter')),
    ...invalid,
    at: 'model: greter',
    problem: { message: 'greter', path: 'spec.model', nearest: 'greeter' },
  },
  {
    name: 'a deployment of a version that is missing',
    text: behindGoodOne(deployment({ version: 'v7' })),
    ...invalid,
    at: 'version: v7',
    problem: { message: 'v7', path: 'spec.version' },
  },
  {
    name: 'a deployment on a pool that is missing',
    text: behindGoodOne(deployment({ pools: 'locale' })),
    ...invalid,
    at: 'pools: [locale]',
    problem: { message: 'locale', path: 'spec.placement.pools[0]', nearest: 'local' },
  },
  {
    name: 'a route to a deployment that is missing',
    text: behindGoodOne(manifest('Route', 'other', 'deployment: chatt')),
    ...invalid,
    at: 'deployment: chatt',
    problem: { message: 'chatt', path: 'spec.deployment', nearest: 'chat' },
  },
  {
    name: 'versions that are each other’s parent',
    text: behindGoodOne(
      version('v8', `${source('8')}\nlineage: { parent: v9 }`),
      version('v9', `${source('9')}\nlineage: { parent: v8 }`),
    ),
    ...invalid,
    at: 'lineage: { parent: v9 }',
    problem: { message: 'goes in a circle: v8 ← v9 ← v8', path: 'spec.lineage.parent' },
  },
  {
    name: 'a registered version that changed',
    text: behindGoodOne(version('v1', source('9'))),
    status: 409,
    code: 'model_version.immutable',
    at: commit('9'),
    problem: { message: 'a registered version never changes', path: 'spec.source.huggingFace.revision' },
  },
  {
    name: 'a registered version under another name',
    text: behindGoodOne(version('v1', source('1')).replace('name: greeter-v1', 'name: renamed')),
    ...invalid,
    at: 'version: v1',
    problem: { message: 'v1 of greeter is registered already, as ModelVersion greeter-v1', path: 'spec.version' },
  },
  {
    name: 'the name of a cluster of another kind',
    text: behindGoodOne(manifest('Cluster', 'local', 'kubernetes: { namespace: models }')),
    ...invalid,
    at: 'spec:',
    problem: { message: 'apply it under another name', path: 'spec' },
  },
  {
    name: 'a public model name that another route has',
    text: behindGoodOne(manifest('Route', 'other', 'model: chat\ndeployment: chat')),
    ...invalid,
    at: 'model: chat',
    problem: { message: 'the model name chat is taken by another route', path: 'spec.model' },
  },
];

const refusedByEngine: readonly BadManifests[] = [
  {
    name: 'a quantization that the engine lacks',
    text: behindGoodOne(deployment({ more: 'quantization: { weights: bitsandbytes }' })),
    status: 422,
    code: 'quantization.unsupported',
    at: 'weights:',
    problem: { message: 'lacks vllm-bnb-plugin, which bitsandbytes needs', path: 'spec.quantization.weights' },
  },
  {
    name: 'an engine argument that is Signalbox’s own',
    text: behindGoodOne(deployment({ engine: '{ name: simulated, args: { sim-gpus: 0, port: 9000 } }' })),
    status: 422,
    code: 'engine.argument_refused',
    at: 'port: 9000',
    problem: { message: 'Signalbox sets --port itself', path: 'spec.engine.args.port' },
  },
];

export const badManifests: readonly BadManifests[] = [...unreadable, ...contradicting, ...refusedByEngine];
