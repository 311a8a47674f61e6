import { createHash } from 'node:crypto';
import { canonicalJson, type Operation } from '@signalbox/contracts';
import type { Repositories } from '@signalbox/db';
import { AppError } from '@signalbox/domain';
import type { Clock } from '@signalbox/runtime';
import type { ParsedRequest } from './parse-request.ts';

/** An answer as it goes out, and as it is kept for those who ask again. */
export interface Answer {
  status: number;
  body: unknown;
  version?: number;
}

export interface IdempotencyDeps {
  keys: Pick<Repositories['idempotency'], 'begin' | 'finish' | 'release'>;
  clock: Clock;
}

export interface IdempotentRequest {
  operation: Operation;
  tokenId: string;
  key: string | undefined;
  parsed: ParsedRequest;
}

/** A request that has not finished by then died with its process; no request runs this long. */
const abandonedAfterMs = 120_000;

/** Carries `work` out once per key. Only success is kept: a refused request changed nothing and is judged anew. */
export async function once(
  { keys, clock }: IdempotencyDeps,
  { operation, tokenId, key, parsed }: IdempotentRequest,
  work: () => Promise<Answer>,
): Promise<Answer & { replayed: boolean }> {
  if (!operation.mutating || key === undefined) return { ...(await work()), replayed: false };
  demandSaneKey(key);
  const id = { tokenId, key };
  const at = clock.now();
  const beginning = await keys.begin(id, {
    hash: hashRequest(operation, parsed),
    at,
    abandonedBefore: at - abandonedAfterMs,
  });
  if (beginning.kind === 'conflict') throw new AppError('request.idempotency_conflict');
  if (beginning.kind === 'running') throw new AppError('request.idempotency_in_progress');
  if (beginning.kind === 'finished') {
    return { status: beginning.status, ...(beginning.body as Omit<Answer, 'status'>), replayed: true };
  }
  try {
    const answer = await work();
    const { status, ...kept } = withoutSecret(operation, answer);
    await keys.finish(id, { status, body: kept });
    return { ...answer, replayed: false };
  } catch (error) {
    // When the database is away the claim stays and grows old; the error that caused it matters more.
    await keys.release(id).catch(() => undefined);
    throw error;
  }
}

function demandSaneKey(key: string): void {
  if (/^[\x21-\x7e]{1,200}$/.test(key)) return;
  const message = 'must be 1 to 200 printable characters without spaces';
  const problems = [{ path: 'headers.idempotency-key', message }];
  throw new AppError('request.invalid', { problems: `Idempotency-Key ${message}` }, { problems });
}

function hashRequest({ method, path }: Operation, { params, query, body }: ParsedRequest): string {
  return createHash('sha256').update(canonicalJson({ method, path, params, query, body })).digest('hex');
}

/** Secrets are shown once and kept nowhere. */
function withoutSecret({ secretField }: Operation, answer: Answer): Answer {
  if (secretField === undefined) return answer;
  return { ...answer, body: { ...(answer.body as object), [secretField]: null } };
}
