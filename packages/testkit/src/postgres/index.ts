export {
  exampleDeployment,
  exampleModelVersion,
  exampleRollout,
  exampleRoute,
  exampleWorkload,
} from './example-specs.ts';
export { type OpenTestDatabase, openTestDatabase } from './open-test-database.ts';
export { runSql } from './run-sql.ts';
export {
  rolloutTo,
  type SeededProject,
  seedDeployment,
  seedProject,
  seedReplica,
  seedRevision,
  seedRoute,
} from './seed.ts';
export { type PostgresServer, startPostgresServer } from './server.ts';
export {
  emptyDatabase,
  startTestPostgres,
  type TestDatabase,
  type TestPostgres,
  testDatabase,
} from './test-database.ts';
