import type { ApiResponse, ParsedApiRequest } from '@signalbox/contracts';
import { type ConsumerKey, type Database, type Project, repositories } from '@signalbox/db';
import { AppError } from '@signalbox/domain';
import { type Clock, newId, newToken } from '@signalbox/runtime';
import { type Caller, hashOf } from '../../http/index.ts';
import { demandProject, notFound } from '../find-project.ts';
import { iso, isoOrNull } from '../instants.ts';
import { type Decision, recordDecisions } from '../record-decision.ts';

type KeyView = ApiResponse<'revokeKey'>;
export type NewKeyRequest = ParsedApiRequest<'createKey'>['body'];

/** Enough to tell keys apart, far too little to guess one. */
const shownCharacters = 14;

export class KeyService {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(deps: { database: Database; clock: Clock }) {
    this.#database = deps.database;
    this.#clock = deps.clock;
  }

  async create(request: NewKeyRequest, caller: Caller): Promise<ApiResponse<'createKey'>> {
    const at = this.#clock.now();
    const key = newToken('sbx_key');
    return this.#database.transaction(async (tx) => {
      const repos = repositories(tx);
      const project = await demandProject(repos, request.project);
      const taken = (await repos.consumerKeys.list(project.id)).some(
        (known) => known.name === request.name && known.revokedAt === null,
      );
      if (taken) throw nameTaken(request.name);
      const row: ConsumerKey = {
        id: newId(at),
        projectId: project.id,
        name: request.name,
        hash: hashOf(key),
        prefix: key.slice(0, shownCharacters),
        routes: [...request.routes],
        limits: request.limits,
        priority: request.priority,
        weight: request.weight,
        mayPin: request.mayPin,
        author: caller.name,
        createdAt: at,
        expiresAt: request.expiresAt === null ? null : Date.parse(request.expiresAt),
        revokedAt: null,
      };
      await repos.consumerKeys.insert(row);
      await recordDecisions(repos, [decision(row, project, 'key.created', 'created', caller, at)]);
      await repos.snapshotState.bump();
      return { ...view(row, project.name), key };
    });
  }

  async list(projectName: string): Promise<readonly KeyView[]> {
    const repos = repositories(this.#database);
    const project = await demandProject(repos, projectName);
    return (await repos.consumerKeys.list(project.id)).map((row) => view(row, project.name));
  }

  /** Revoking twice is done. */
  async revoke(projectName: string, name: string, caller: Caller): Promise<KeyView> {
    const at = this.#clock.now();
    return this.#database.transaction(async (tx) => {
      const repos = repositories(tx);
      const project = await demandProject(repos, projectName);
      const known = (await repos.consumerKeys.list(project.id)).filter((row) => row.name === name);
      const newest = known.at(-1);
      if (newest === undefined) throw notFound('ConsumerKey', name, projectName);
      const valid = known.filter((row) => row.revokedAt === null);
      for (const row of valid) await repos.consumerKeys.revoke(project.id, row.id, at);
      if (valid.length === 0) return view(newest, project.name);
      await recordDecisions(
        repos,
        valid.map((row) => decision(row, project, 'key.revoked', 'deleted', caller, at)),
      );
      await repos.snapshotState.bump();
      return view({ ...newest, revokedAt: at }, project.name);
    });
  }
}

function view(row: ConsumerKey, project: string): KeyView {
  return {
    id: row.id,
    name: row.name,
    project,
    prefix: row.prefix,
    routes: row.routes,
    limits: row.limits,
    priority: row.priority,
    weight: row.weight,
    mayPin: row.mayPin,
    author: row.author,
    createdAt: iso(row.createdAt),
    expiresAt: isoOrNull(row.expiresAt),
    revokedAt: isoOrNull(row.revokedAt),
  };
}

function decision(
  { id, name, prefix, routes, limits, priority, weight, mayPin }: ConsumerKey,
  project: Project,
  kind: string,
  change: Decision['change'],
  caller: Caller,
  at: number,
): Decision {
  const subject = { kind: 'ConsumerKey', id, name };
  const evidence = { prefix, routes, limits, priority, weight, mayPin };
  return { at, project, actor: caller.name, kind, subject, change, evidence };
}

function nameTaken(name: string): AppError {
  const message = `a key ${name} is valid already; revoke it first, or choose another name`;
  return new AppError('request.invalid', { problems: message }, { problems: [{ path: 'body.name', message }] });
}
