import { newToken } from '@signalbox/runtime';
import { z } from 'zod';
import type { DataFolder } from './data-folder.ts';
import type { Ports } from './options.ts';

const secretsFile = z.object({
  databasePassword: z.string().min(16),
  adminToken: z.string().min(16),
  gatewayToken: z.string().min(16),
  consumerKey: z.string().nullable(),
});
export type Secrets = z.infer<typeof secretsFile>;

/** Made at random on the first start and kept for the next ones: nothing here has a default that works. */
export function loadSecrets(folder: DataFolder): Secrets {
  const kept = folder.read('secrets.json', secretsFile);
  if (kept !== undefined) return kept;
  const made: Secrets = {
    databasePassword: newToken('db'),
    adminToken: newToken('sbt'),
    gatewayToken: newToken('sbg'),
    consumerKey: null,
  };
  folder.write('secrets.json', made);
  return made;
}

export function keepConsumerKey(folder: DataFolder, secrets: Secrets, consumerKey: string): Secrets {
  const changed = { ...secrets, consumerKey };
  folder.write('secrets.json', changed);
  return changed;
}

/** What the CLI reads when it is run from the repository. */
export function publishCredentials(folder: DataFolder, secrets: Secrets, ports: Ports): void {
  folder.write('credentials.json', {
    url: `http://127.0.0.1:${ports.api}`,
    gatewayUrl: `http://127.0.0.1:${ports.gateway}`,
    token: secrets.adminToken,
    consumerKey: secrets.consumerKey,
  });
}
