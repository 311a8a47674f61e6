import { brokerVariable, type SharedServer, shareServer } from './shared-server.ts';

declare global {
  /** Jest loads set-up and tear-down apart, once per project: only `globalThis` is common to all of them. */
  var signalboxSharedPostgres: { server: SharedServer; users: number } | undefined;
}

// biome-ignore lint/style/noDefaultExport: jest calls the default export.
export default async function setUpPostgres(): Promise<void> {
  const shared = globalThis.signalboxSharedPostgres ?? { server: await shareServer(), users: 0 };
  globalThis.signalboxSharedPostgres = shared;
  shared.users += 1;
  process.env[brokerVariable] = shared.server.brokerUrl;
}
