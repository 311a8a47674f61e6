import type { ApiResponse } from '@signalbox/contracts';
import { type Change, type Database, type Repositories, repositories } from '@signalbox/db';
import type { ProjectId } from '@signalbox/domain';
import type { EventStream } from '../../http/index.ts';
import { demandProject } from '../find-project.ts';
import { iso } from '../instants.ts';
import type { ChangeFeed } from './change-feed.ts';

export interface WatchRequest {
  project: string | undefined;
  /** Number of the last change that the reader has seen. */
  after: number | undefined;
}

const batch = 500;

/** Sends changes until the reader is gone. */
export async function watchChanges(
  { database, feed }: { database: Database; feed: ChangeFeed },
  request: WatchRequest,
  open: () => EventStream,
  signal: AbortSignal,
): Promise<void> {
  const repos = repositories(database);
  const projectId = request.project === undefined ? undefined : (await demandProject(repos, request.project)).id;
  const start = await startingPoint(repos, request.after);
  const names = new Map<ProjectId, string>();
  const stream = open();
  let seq = start.seq;
  let reading = stream.send({ event: start.missed ? 'reset' : 'ready', id: seq, data: { seq } });
  while (reading && !signal.aborted) {
    const hint = feed.next(signal);
    const changes = await repos.changes.readAfter(seq, batch);
    for (const change of changes) {
      seq = change.seq;
      if (projectId !== undefined && change.projectId !== null && change.projectId !== projectId) continue;
      reading = stream.send({ event: 'change', id: seq, data: await view(repos, names, change) });
    }
    if (changes.length < batch) await hint;
  }
  stream.end();
}

/** A reader that comes back goes on after what it saw, if that is still known; else it must read everything again. */
async function startingPoint(
  { changes }: Pick<Repositories, 'changes'>,
  after: number | undefined,
): Promise<{ seq: number; missed: boolean }> {
  const latest = await changes.latestSeq();
  if (after === undefined || after === latest) return { seq: latest, missed: false };
  const [seen] = after === 0 ? [] : await changes.readAfter(after - 1, 1);
  return seen?.seq === after ? { seq: after, missed: false } : { seq: latest, missed: true };
}

async function view(
  { projects }: Pick<Repositories, 'projects'>,
  names: Map<ProjectId, string>,
  { seq, createdAt, kind, projectId, objectId, name, change, message }: Change,
): Promise<ApiResponse<'watchEvents'>> {
  if (projectId !== null && !names.has(projectId)) {
    for (const project of await projects.list()) names.set(project.id, project.name);
  }
  const project = projectId === null ? null : (names.get(projectId) ?? null);
  return { seq, at: iso(createdAt), kind, project, id: objectId, name, change, message };
}
