const shared = {
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  testEnvironment: 'node',
  modulePathIgnorePatterns: ['<rootDir>/.cache/', '<rootDir>/.signalbox/'],
};

// One Postgres for all test files of a run; it starts when the first of them asks.
const postgres = {
  globalSetup: '<rootDir>/packages/testkit/src/postgres/global-setup.ts',
  globalTeardown: '<rootDir>/packages/testkit/src/postgres/global-teardown.ts',
};

// Levels by suffix: unit tests touch nothing outside the process; integration tests run Postgres, processes and
// sockets; e2e tests tell a user's story over all processes; Kubernetes tests need a cluster (npm test starts one where it can).
export default {
  // The hook that first asks for Postgres waits for initdb, which takes seconds where the machine is busy.
  testTimeout: 30_000,
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', '\\.(int|e2e|k8s)\\.test\\.ts$'],
    },
    { ...shared, ...postgres, displayName: 'integration', testMatch: ['<rootDir>/**/*.int.test.ts'] },
    { ...shared, ...postgres, displayName: 'e2e', testMatch: ['<rootDir>/**/*.e2e.test.ts'] },
    { ...shared, ...postgres, displayName: 'kubernetes', testMatch: ['<rootDir>/**/*.k8s.test.ts'] },
  ],
};
