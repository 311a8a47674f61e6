import { type Database, repositories } from '@signalbox/db';
import type { ProjectId } from '@signalbox/domain';
import { type Clock, newId } from '@signalbox/runtime';

/** Where everything goes that names no project. */
export const DEFAULT_PROJECT = 'default';

export async function ensureDefaultProject(database: Database, clock: Clock): Promise<void> {
  const at = clock.now();
  await repositories(database).projects.insert({
    id: newId(at) as ProjectId,
    name: DEFAULT_PROJECT,
    spec: { description: 'Where everything goes that names no project' },
    labels: {},
    annotations: {},
    author: 'signalbox',
    createdAt: at,
    updatedAt: at,
  });
}
