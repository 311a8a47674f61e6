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

// Levels by suffix: unit tests touch nothing outside the process; integration tests run Postgres, processes and
// sockets; Kubernetes tests need a cluster (npm test starts one where it can).
export default {
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', '\\.(int|k8s)\\.test\\.ts$'],
    },
    { ...shared, displayName: 'integration', testMatch: ['<rootDir>/**/*.int.test.ts'] },
    { ...shared, displayName: 'kubernetes', testMatch: ['<rootDir>/**/*.k8s.test.ts'] },
  ],
};
