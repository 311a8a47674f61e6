import { describe, expect, test } from '@jest/globals';
import { locate, locateProblem } from './locate.ts';
import { manifestKey } from './manifest-key.ts';
import { parseManifests } from './parse-manifests.ts';
import { manifestsIn, parsedIn, problemsIn } from './testing/problems-in.ts';

const head = (kind: string, name = 'a') => `apiVersion: signalbox.dev/v1\nkind: ${kind}\nmetadata: { name: ${name} }\n`;
const smallest = `${head('Deployment', 'chat')}spec: { model: m, version: v1, engine: { name: vllm, version: 0.32.0 } }\n`;

describe('what is read', () => {
  test('a deployment of three fields is completed with every default', () => {
    expect(manifestsIn(smallest)[0]?.spec).toEqual({
      model: 'm',
      version: 'v1',
      engine: { name: 'vllm', version: '0.32.0', image: null, args: {}, env: {} },
      quantization: { weights: null, kvCache: null },
      parallelism: { tensor: 1, pipeline: 1 },
      placement: { cluster: 'local', pools: [], spread: 'node' },
      resources: { cpu: null, memoryBytes: null, sharedMemoryBytes: null },
      scaling: { min: 1, max: 1, targetInFlight: 8, scaleUpWindowMs: 30_000, scaleDownWindowMs: 300_000 },
      rollout: {
        strategy: 'canary',
        steps: [
          { kind: 'weight', percent: 10, forMs: 300_000 },
          { kind: 'weight', percent: 50, forMs: 300_000 },
          { kind: 'weight', percent: 100, forMs: 0 },
        ],
        gate: { minRequests: 20, maxErrorRateIncrease: 0.02, maxTtftIncrease: 0.5, onNoData: 'wait' },
        onFailure: 'rollback',
        keepWarmMs: 1_800_000,
        provisionTimeoutMs: 1_800_000,
      },
      drain: { timeoutMs: 300_000 },
      startupTimeoutMs: 1_200_000,
      imagePullSecrets: [],
    });
  });

  test('a field with nothing behind it is as good as left out', () => {
    const nulls = 'quantization:, scaling: { max: , min: }, rollout: , resources: ~, imagePullSecrets: null';
    expect(manifestsIn(smallest.replace('version: v1,', `version: v1, ${nulls},`))).toEqual(manifestsIn(smallest));
  });

  test('the installation says where a deployment runs and which engine version is the default', () => {
    const text = smallest.replace(', version: 0.32.0', '');
    const [manifest] = manifestsIn(text, { cluster: 'west', engineVersions: { vllm: '0.31.0' } });
    expect(manifest?.spec).toMatchObject({ engine: { version: '0.31.0' }, placement: { cluster: 'west' } });
  });

  test('a minimum above one raises the maximum along', () => {
    const text = smallest.replace('version: v1,', 'version: v1, scaling: { min: 3 },');
    expect(manifestsIn(text)[0]?.spec).toMatchObject({ scaling: { min: 3, max: 3 } });
  });

  test('blue-green goes to 100 at once', () => {
    const text = smallest.replace('version: v1,', 'version: v1, rollout: { strategy: blueGreen },');
    const steps = [{ kind: 'weight', percent: 100, forMs: 0 }];
    expect(manifestsIn(text)[0]?.spec).toMatchObject({ rollout: { strategy: 'blueGreen', steps } });
  });

  test('a route is called by its own name unless it says otherwise, and asks for keys', () => {
    expect(manifestsIn(`${head('Route', 'chat')}spec: { deployment: chat }`)[0]).toEqual({
      kind: 'Route',
      metadata: { name: 'chat', project: 'default', labels: {}, annotations: {} },
      spec: {
        model: 'chat',
        deployment: 'chat',
        access: 'keys',
        timeouts: { firstByteMs: 60_000, betweenBytesMs: 60_000, totalMs: 600_000 },
      },
    });
  });

  test.each([
    ['{ oci: { reference: registry.example/models/chat:v1 } }', 'oci'],
    ['{ objectStore: { uri: "s3://weights/chat/v1" } }', 'objectStore'],
    ['{ objectStore: { uri: "gs://weights" } }', 'objectStore'],
    ['{ volumeClaim: { claim: weights, path: chat/v1 } }', 'volumeClaim'],
    ['{ localPath: ./weights }', 'localPath'],
  ])('%s is a source', (source, kind) => {
    const text = `${head('ModelVersion')}spec: { model: m, version: v1, source: ${source} }`;
    expect(manifestsIn(text)[0]?.spec).toMatchObject({ source: { kind } });
  });

  test('JSON is read as well, indented with tabs or on one line', () => {
    const json = {
      apiVersion: 'signalbox.dev/v1',
      kind: 'Model',
      metadata: { name: 'm' },
      spec: { description: 'x'.repeat(1_500) },
    };
    expect(manifestsIn(JSON.stringify(json, null, '\t'))).toEqual(manifestsIn(JSON.stringify(json)));
  });

  test('empty documents, comments, a byte order mark and Windows line ends do no harm', () => {
    const text = `\ufeff# first\n---\n---\n${smallest}---\n# nothing\n---\n~\n...\n`.replaceAll('\n', '\r\n');
    const parsed = parsedIn(text);
    expect(parsed).toHaveLength(1);
    expect(parsed[0]?.at.line).toBe(4);
  });

  test('anchors and aliases stand for what they name', () => {
    const text = smallest.replace('version: v1,', 'version: &v v1,').replace('version: 0.32.0', 'version: *v');
    expect(manifestsIn(text)[0]?.spec).toMatchObject({ version: 'v1', engine: { version: 'v1' } });
  });
});

describe('places', () => {
  const [manifest] = parsedIn(`${head('Deployment', 'chat')}spec:
  model: m
  version: v1
  engine:
    name: vllm
    version: 0.32.0
    args: { a.b: 1 }
  placement:
    pools:
      - h100
      - a100
`);

  test.each([
    ['spec.model', 5, 10],
    ['spec.engine', 7, 3],
    ['spec.engine.args.a.b', 10, 18],
    ['spec.placement.pools[1]', 14, 9],
    ['spec.placement.cluster', 11, 3],
    ['spec.scaling.max', 4, 1],
    ['metadata.name', 3, 19],
    ['', 1, 1],
    ['nowhere', 1, 1],
  ])('%s stands, or would stand, in line %i at column %i', (path, line, column) => {
    expect(manifest && locate(manifest, path)).toEqual({ line, column });
  });

  test('a problem found later gets its place', () => {
    const problem = { path: 'spec.engine.version', message: 'unknown' };
    expect(manifest && locateProblem(manifest, problem)).toEqual({ ...problem, file: 'a.yaml', line: 9, column: 14 });
  });

  test('survive a trip through JSON', () => {
    expect(JSON.parse(JSON.stringify(manifest))).toEqual(manifest);
  });
});

describe('several files', () => {
  test('all problems of all documents and files come at once, in the order of the files', () => {
    const parsing = parseManifests([
      { file: 'z.yaml', text: `${head('Modle')}---\n${head('Model', 'A')}` },
      { file: 'broken.yaml', text: 'a: [' },
      { file: 'a.yaml', text: `${head('Pool')}spec: { clutser: west }` },
    ]);
    const places = parsing.kind === 'invalid' ? parsing.problems.map(({ file, line, path }) => [file, line, path]) : [];
    expect(places).toEqual([
      ['z.yaml', 2, 'kind'],
      ['z.yaml', 7, 'metadata.name'],
      ['broken.yaml', 1, undefined],
      ['a.yaml', 4, 'spec.cluster'],
      ['a.yaml', 4, 'spec.clutser'],
    ]);
  });

  test('the same object in two files is refused, naming both places, even beside other problems', () => {
    const parsing = parseManifests([
      { file: 'a.yaml', text: `# chat\n${smallest}` },
      {
        file: 'b.yaml',
        text: smallest.replace('model: m', 'model: M').replace('name: chat', 'name: chat, project: default'),
      },
    ]);
    expect(parsing).toMatchObject({
      problems: [
        {
          file: 'b.yaml',
          line: 3,
          column: 19,
          path: 'metadata.name',
          message: 'Deployment/default/chat is written already in a.yaml, line 2',
        },
        { file: 'b.yaml', line: 4, path: 'spec.model' },
      ],
    });
  });

  test('the same name in another project or of another kind is another object', () => {
    const other = smallest.replace('name: chat', 'name: chat, project: other');
    expect(manifestsIn(`${smallest}---\n${other}---\n${head('Route', 'chat')}spec: { deployment: chat }`)).toHaveLength(
      3,
    );
    expect(manifestKey('Deployment', 'other', 'chat')).not.toBe(manifestKey('Deployment', 'default', 'chat'));
    expect(manifestKey('Pool', null, 'h100')).toBe('Pool/h100');
  });

  test.each([
    { name: 'no files', sources: [] },
    {
      name: 'files without documents',
      sources: [
        { file: 'a.yaml', text: '' },
        { file: 'b.yaml', text: '# later\n---\n' },
      ],
    },
  ])('$name are a problem, not success', ({ sources }) => {
    expect(parseManifests(sources)).toEqual({ kind: 'invalid', problems: [{ message: 'there is no manifest here' }] });
  });

  test('a file without documents beside one with some is fine', () => {
    const sources = [
      { file: 'a.yaml', text: '# later' },
      { file: 'b.yaml', text: smallest },
    ];
    expect(parseManifests(sources).kind).toBe('parsed');
  });

  test('an endless list of problems is cut', () => {
    const documents = Array.from({ length: 600 }, () => 'kind: Modle\n').join('---\n');
    const problems = problemsIn(documents);
    expect(problems).toHaveLength(1_000);
    expect(problems.at(-1)).toEqual({ message: 'and 201 more problems' });
  });
});
