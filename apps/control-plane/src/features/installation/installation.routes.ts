import { engines } from '@signalbox/engines';
import type { Handlers } from '../../http/index.ts';

export function installationRoutes(version: string): Pick<Handlers, 'getVersion'> {
  const known = engines.map(({ name, versions, simulated }) => ({ name, versions, simulated }));
  return { getVersion: async () => ({ body: { version, engines: known } }) };
}
