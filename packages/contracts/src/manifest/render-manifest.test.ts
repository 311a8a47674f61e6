import { expect, test } from '@jest/globals';
import { KV_CACHE_QUANTIZATIONS, SCORER_NAMES, WEIGHT_FORMATS, WEIGHT_QUANTIZATIONS } from '@signalbox/domain';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { renderManifest, renderManifestSpec } from './render-manifest.ts';
import { manifestsIn } from './testing/problems-in.ts';

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const written = <T extends Record<string, fc.Arbitrary<unknown>>>(fields: T) => fc.record(fields, { requiredKeys: [] });

const label = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}[a-z0-9]$/);
const prose = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 30 })
  .filter((it) => !/(?![\t\n])[\p{Cc}\p{Cs}\ufeff\ufffd]/u.test(it));
const count = (max: number) => fc.integer({ min: 1, max });
const digest = fc.stringMatching(/^sha256:[0-9a-f]{64}$/);
const duration = fc.oneof(
  fc.tuple(count(29), count(23), count(59)).map(([d, h, m]) => `${d}d${h}h${m}m`),
  count(100_000).map((s) => `${s}s`),
  count(100_000).map((ms) => `${ms}ms`),
);
const size = fc.oneof(
  count(2 ** 40),
  fc.tuple(count(999), fc.constantFrom('Ki', 'Mi', 'Gi', 'k', 'M', 'G', '')).map((it) => it.join('')),
);
const percent = (max: number) =>
  fc.oneof(
    fc.double({ min: 0, max, noNaN: true }),
    fc.integer({ min: 0, max: max * 1_000 }).map((tenths) => `${tenths / 10}%`),
  );

const steps = fc
  .uniqueArray(count(99), { maxLength: 5 })
  .chain((weights) =>
    fc.tuple(
      ...weights
        .toSorted((a, b) => a - b)
        .map((weight) =>
          fc.tuple(
            written({ for: maybe(duration) }).map((hold) => ({ weight, ...hold })),
            fc.array(
              fc.oneof(
                label.map((role) => ({ approval: { role } })),
                duration.map((wait) => ({ wait })),
              ),
              { maxLength: 2 },
            ),
          ),
        ),
    ),
  )
  .map((parts) => [...parts.flatMap(([weight, more]) => [weight, ...more]), { weight: 100 }]);

const deployment = fc.record(
  {
    model: label,
    version: label,
    engine: fc.record(
      {
        name: fc.constantFrom('vllm', 'sglang'),
        version: fc.constantFrom('0.32.0', '1.0'),
        image: maybe(fc.constantFrom('a/b:v1', 'registry.example:5000/a/b')),
        args: fc.dictionary(
          label,
          fc.oneof(
            prose,
            fc.boolean(),
            fc.constant(null),
            fc.double({ noNaN: true, noDefaultInfinity: true }).map((it) => it + 0),
          ),
        ),
        env: fc.dictionary(fc.stringMatching(/^[A-Z][A-Z_]{0,9}$/), prose),
      },
      { requiredKeys: ['name', 'version'] },
    ),
    quantization: written({
      weights: maybe(fc.constantFrom(...WEIGHT_QUANTIZATIONS)),
      kvCache: maybe(fc.constantFrom(...KV_CACHE_QUANTIZATIONS)),
    }),
    parallelism: written({ tensor: count(8), pipeline: count(8) }),
    placement: written({ cluster: label, pools: fc.uniqueArray(label), spread: fc.constantFrom('node', 'none') }),
    resources: written({ cpu: fc.constantFrom(4, '500m', 0.5), memory: maybe(size), sharedMemory: size }),
    scaling: written({
      min: count(4),
      max: fc.integer({ min: 4, max: 9 }),
      targetInFlight: count(99),
      scaleDownWindow: duration,
    }),
    rollout: fc.oneof(
      written({
        steps,
        gate: written({ minRequests: count(99), maxErrorRateIncrease: percent(1), maxTtftIncrease: maybe(percent(9)) }),
        onFailure: fc.constantFrom('rollback', 'pause'),
        keepWarm: duration,
      }),
      fc.record({ strategy: fc.constantFrom('blueGreen', 'rolling') }),
    ),
    drain: written({ timeout: duration }),
    startupTimeout: duration.filter((it) => !it.endsWith('ms')),
    imagePullSecrets: fc.uniqueArray(label),
  },
  { requiredKeys: ['model', 'version', 'engine'] },
);

const source = fc.oneof(
  written({ secret: maybe(label) }).map((more) => ({ huggingFace: { repo: 'a/b', revision: 'main', ...more } })),
  digest.map((it) => ({ oci: { reference: `registry.example/a@${it}` } })),
  written({ digest: maybe(digest), secret: label }).map((more) => ({ objectStore: { uri: 's3://bucket/a', ...more } })),
  written({ digest: maybe(digest) }).map((more) => ({ volumeClaim: { claim: 'c', path: '/a b', ...more } })),
  prose.map((localPath) => ({ localPath })),
);

const modelVersion = fc.record(
  {
    model: label,
    version: label,
    source,
    tokenizerDigest: digest,
    format: fc.constantFrom(...WEIGHT_FORMATS),
    dtype: maybe(fc.constantFrom('float16', 'bfloat16')),
    architecture: written({ layers: maybe(count(99)), parameters: count(2 ** 40) }),
    lineage: fc.dictionary(label, prose),
    evaluations: fc.dictionary(
      label,
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((it) => it + 0),
    ),
  },
  { requiredKeys: ['model', 'version', 'source'] },
);

const toleration = fc.oneof(
  written({ effect: fc.constantFrom('NoSchedule', 'NoExecute') }).map((more) => ({ key: 'a', ...more })),
  prose.map((value) => ({ key: 'a', value })),
);

const limits = fc.uniqueArray(
  fc.oneof(
    fc.record({
      of: fc.constantFrom('requests', 'tokens', 'inputTokens', 'outputTokens'),
      per: fc.constantFrom('minute', 'day'),
      amount: count(10 ** 12),
    }),
    fc.record({ of: fc.constant('concurrency'), amount: count(999) }),
  ),
  { selector: (it) => `${it.of} ${'per' in it ? it.per : ''}` },
);

const hundredths = count(10_000).map((it) => it / 100);
const routePolicies = {
  limits: maybe(limits),
  queue: fc.record({
    maxRequests: fc.integer({ min: 0, max: 999 }),
    maxBytes: size.filter((it) => !String(it).startsWith('0')),
    maxWait: fc.constantFrom('0s', '1500ms', '10m'),
  }),
  routing: fc.record({
    weights: written(
      Object.fromEntries(SCORER_NAMES.map((name) => [name, fc.double({ min: 0, max: 100, noNaN: true })])),
    ),
  }),
  sticky: fc.constantFrom({ by: 'key' }, { by: 'header', name: 'X-Id' }, { by: 'cookie', name: 'Id' }),
  shadow: fc.record(
    { version: label, percent: hundredths, maxConcurrent: fc.integer({ min: 1, max: 10_000 }) },
    { requiredKeys: ['version', 'percent'] },
  ),
  cors: fc.record(
    {
      origins: fc.constantFrom(['*'], ['https://a.example', 'http://[::1]:8080']),
      headers: fc.constantFrom([], ['X-A', 'content-type']),
      maxAge: maybe(fc.constantFrom('0s', '90s')),
    },
    { requiredKeys: ['origins'] },
  ),
  capture: fc.record(
    { percent: hundredths, redact: maybe(fc.constantFrom([], ['[0-9]+', '\\p{Lu}{2}'])) },
    { requiredKeys: ['percent'] },
  ),
  maxBodySize: maybe(fc.constantFrom(1, '4Mi', '1Gi')),
};

const specs = {
  Project: written({ description: maybe(prose), limits: maybe(limits) }),
  Cluster: fc.oneof(
    written({ gpus: fc.array(fc.record({ product: label, memory: maybe(size) })) }).map((local) => ({ local })),
    written({ kubeconfig: prose, context: maybe(prose) }).map((more) => ({ kubernetes: { namespace: 'a', ...more } })),
  ),
  Pool: fc.record(
    {
      cluster: label,
      gpuProduct: maybe(label),
      nodeSelector: fc.dictionary(label, prose),
      tolerations: fc.array(toleration),
    },
    { requiredKeys: ['cluster'] },
  ),
  Model: written({ description: prose, licence: maybe(prose) }),
  ModelVersion: modelVersion,
  Deployment: deployment,
  Route: fc.record(
    {
      deployment: label,
      model: maybe(label),
      access: fc.constantFrom('keys', 'open'),
      timeouts: written({ firstByte: duration }),
      ...routePolicies,
    },
    { requiredKeys: ['deployment'] },
  ),
};

test.each(Object.entries(specs))(
  'a rendered %s is the manifest that was read, whichever it was (fast-check prints the seed)',
  (kind, spec: fc.Arbitrary<unknown>) => {
    const metadata = fc.record(
      { name: label, labels: fc.dictionary(label, label), annotations: fc.dictionary(label, prose) },
      { requiredKeys: ['name'] },
    );
    fc.assert(
      fc.property(metadata, spec, (head, body) => {
        const document = { apiVersion: 'signalbox.dev/v1', kind, metadata: head, spec: body };
        const [manifest] = manifestsIn(JSON.stringify(document));
        if (manifest === undefined) throw new Error('nothing was read');
        const rendered = renderManifest(manifest);
        expect(manifestsIn(stringify(rendered))).toEqual([manifest]);
        expect(renderManifestSpec(manifest.kind, manifest.spec)).toEqual(rendered.spec);
      }),
      { numRuns: 60 },
    );
  },
  30_000,
);
