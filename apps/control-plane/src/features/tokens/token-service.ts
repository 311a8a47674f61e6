import type { ApiResponse, ApiRole, ParsedApiRequest } from '@signalbox/contracts';
import { type ApiToken, type Database, repositories } from '@signalbox/db';
import { AppError } from '@signalbox/domain';
import { type Clock, newId, newToken } from '@signalbox/runtime';
import { type Authenticator, type Caller, hashOf } from '../../http/index.ts';
import { notFound } from '../find-project.ts';
import { iso, isoOrNull } from '../instants.ts';
import { type Decision, recordDecisions } from '../record-decision.ts';

export interface TokenServiceDeps {
  database: Database;
  clock: Clock;
  authenticator: Authenticator;
}

type TokenView = ApiResponse<'revokeToken'>;
export type NewTokenRequest = ParsedApiRequest<'createToken'>['body'];

export class TokenService {
  readonly #deps: TokenServiceDeps;

  constructor(deps: TokenServiceDeps) {
    this.#deps = deps;
  }

  async create(request: NewTokenRequest, caller: Caller): Promise<ApiResponse<'createToken'>> {
    const { database, clock } = this.#deps;
    const at = clock.now();
    const token = newToken('sbx_api');
    const row: ApiToken = {
      id: newId(at),
      name: request.name,
      hash: hashOf(token),
      role: request.role,
      author: caller.name,
      createdAt: at,
      expiresAt: request.expiresAt === null ? null : Date.parse(request.expiresAt),
      revokedAt: null,
    };
    await database.transaction(async (tx) => {
      const repos = repositories(tx);
      if ((await repos.apiTokens.insert(row)) === 'duplicate') throw nameTaken(request.name);
      await recordDecisions(repos, [decision(row, 'token.created', 'created', caller, at)]);
    });
    return { ...view(row), token };
  }

  async list(): Promise<readonly TokenView[]> {
    return (await repositories(this.#deps.database).apiTokens.list()).map(view);
  }

  /** Revoking twice is done. */
  async revoke(name: string, caller: Caller): Promise<TokenView> {
    const { database, clock, authenticator } = this.#deps;
    const at = clock.now();
    const revoked = await database.transaction(async (tx) => {
      const repos = repositories(tx);
      const token = await repos.apiTokens.getByName(name);
      if (token === undefined) throw notFound('ApiToken', name, null);
      if (!(await repos.apiTokens.revoke(token.id, at))) return token;
      await recordDecisions(repos, [decision(token, 'token.revoked', 'deleted', caller, at)]);
      return { ...token, revokedAt: at };
    });
    authenticator.forget(revoked.id);
    return view(revoked);
  }
}

function view({ id, name, role, author, createdAt, expiresAt, revokedAt }: ApiToken): TokenView {
  return {
    id,
    name,
    role: role satisfies ApiRole,
    author,
    createdAt: iso(createdAt),
    expiresAt: isoOrNull(expiresAt),
    revokedAt: isoOrNull(revokedAt),
  };
}

function decision(
  { id, name, role }: ApiToken,
  kind: string,
  change: Decision['change'],
  caller: Caller,
  at: number,
): Decision {
  return {
    at,
    project: null,
    actor: caller.name,
    kind,
    subject: { kind: 'ApiToken', id, name },
    change,
    evidence: { role },
  };
}

function nameTaken(name: string): AppError {
  const message = `${name} is taken by another token, maybe a revoked one; choose another name`;
  return new AppError('request.invalid', { problems: message }, { problems: [{ path: 'body.name', message }] });
}
