// The directions of ARCHITECTURE.md, kept by a tool. Rules 1 to 5 of docs/adr/0001.
const tests = '\\.(test|fixture)\\.ts$|/(testing|conformance)';
const only = (name, target, doors) => ({
  name: `one-door-${name}`,
  comment: `${name} is imported only in ${doors}: everything else uses that folder's own words.`,
  severity: 'error',
  from: { pathNot: [doors, tests, '^(e2e|bench|scripts)/', '^packages/testkit/'] },
  to: { path: target },
});
const never = (name, from, to, comment, pathNot) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from, pathNot: [tests, ...(pathNot ?? [])] },
  to: { path: to },
});

export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'domain-imports-nothing',
      comment: 'Domain is pure: no zod, no Node built-ins, no other package.',
      severity: 'error',
      from: { path: '^packages/domain/src', pathNot: tests },
      to: { pathNot: '^packages/domain/src' },
    },
    never(
      'runtime-is-a-leaf',
      '^packages/runtime/',
      '^(packages/(?!runtime)|apps)/',
      'The process kit knows no product.',
    ),
    never(
      'contracts-see-domain-only',
      '^packages/contracts/',
      '^(packages/(?!contracts|domain)|apps)/',
      'Contracts import domain only.',
    ),
    never(
      'client-sees-contracts',
      '^packages/client/',
      '^(packages/(?!client|contracts|domain)|apps)/',
      'The client is made from contracts.',
    ),
    {
      name: 'adapters-apart',
      comment: 'engines, clusters, db and jobs never import each other; WorkloadSpec between them lives in domain.',
      severity: 'error',
      from: { path: '^packages/(engines|clusters|db|jobs)/', pathNot: tests },
      to: { path: '^(packages/(engines|clusters|db|jobs|client|testkit)|apps)/', pathNot: '^packages/$1/' },
    },
    never(
      'gateway-is-thin',
      '^apps/gateway/',
      '^packages/(db|jobs|clusters|testkit)/',
      'The data plane knows the snapshot and nothing else.',
    ),
    never(
      'clients-are-thin',
      '^apps/(cli|console)/',
      '^packages/(?!client|contracts|domain)',
      'CLI and console speak the public API only.',
    ),
    {
      name: 'apps-apart',
      severity: 'error',
      from: { path: '^apps/([^/]+)/', pathNot: tests },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'features-by-their-index',
      comment: 'A feature or controller is reached only through its index.ts.',
      severity: 'error',
      from: { path: '^apps/control-plane/src/(?:features|controllers)/([^/]+)/', pathNot: tests },
      to: {
        path: '^apps/control-plane/src/(features|controllers)/[^/]+/',
        pathNot: ['^apps/control-plane/src/(features|controllers)/$1/', '/index\\.ts$'],
      },
    },
    {
      name: 'testkit-stays-in-tests',
      severity: 'error',
      from: { path: '^(apps|packages)/', pathNot: [tests, '^packages/testkit/'] },
      to: { path: '^packages/testkit/' },
    },
    only('drizzle', 'node_modules/drizzle-orm', '^packages/db/'),
    only('pg', 'node_modules/pg/', '^packages/db/'),
    only('bullmq', 'node_modules/bullmq', '^packages/jobs/'),
    only('kubernetes-client', 'node_modules/@kubernetes/client-node', '^packages/clusters/src/kubernetes/'),
    only('express', 'node_modules/express', '^apps/control-plane/'),
    only('winston', 'node_modules/winston', '^packages/runtime/'),
    only('prom-client', 'node_modules/prom-client', '^packages/runtime/'),
    only('opentelemetry', 'node_modules/@opentelemetry', '^packages/runtime/'),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(\\.cache|\\.signalbox|golden|captured)/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.js', '.mjs', '.json'],
    },
  },
};
