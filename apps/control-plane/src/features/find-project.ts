import type { Project, Repositories } from '@signalbox/db';
import { AppError, nearestName } from '@signalbox/domain';

export async function demandProject({ projects }: Pick<Repositories, 'projects'>, name: string): Promise<Project> {
  const project = await projects.getByName(name);
  if (project !== undefined) return project;
  const nearest = nearestName(
    name,
    (await projects.list()).map((known) => known.name),
  );
  throw notFound('Project', name, null, nearest);
}

export function notFound(
  kind: string,
  name: string,
  project: string | null,
  nearest?: string,
  hint = nearest === undefined ? '' : `Did you mean ${nearest}?`,
): AppError {
  return new AppError('resource.not_found', { kind, name, project: project ?? '(installation)', hint });
}
