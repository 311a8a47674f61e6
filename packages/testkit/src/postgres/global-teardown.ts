import './global-setup.ts';

// biome-ignore lint/style/noDefaultExport: jest calls the default export.
export default async function tearDownPostgres(): Promise<void> {
  const shared = globalThis.signalboxSharedPostgres;
  if (shared === undefined) return;
  shared.users -= 1;
  if (shared.users > 0) return;
  globalThis.signalboxSharedPostgres = undefined;
  await shared.server.stop();
}
