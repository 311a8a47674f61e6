import { type Database, repositories } from '@signalbox/db';
import { type Clock, newId } from '@signalbox/runtime';

/**
 * The first way in: a token whose hash the environment gives. There is no token when it gives none. A new hash gets a
 * new token and takes the former one of this role away, so that changing the setting is how a leaked one is replaced.
 */
export async function ensureBootstrapToken(
  database: Database,
  clock: Clock,
  hash: string,
  role: 'admin' | 'gateway' = 'admin',
): Promise<void> {
  if (!/^[0-9a-f]{64}$/.test(hash)) throw new Error('the hash of the bootstrap token is a SHA-256 in lower-case hex');
  const at = clock.now();
  await database.transaction(async (tx) => {
    const { apiTokens } = repositories(tx);
    const former = (await apiTokens.list()).filter(
      (token) =>
        token.author === 'environment' &&
        token.name.startsWith(`bootstrap-${role}-`) &&
        token.hash !== hash &&
        token.revokedAt === null,
    );
    for (const token of former) await apiTokens.revoke(token.id, at);
    // Beside other processes that start now: the hash is unique, and one of them inserts it.
    const token = {
      hash,
      role,
      author: 'environment',
      createdAt: at,
      expiresAt: null,
      revokedAt: null,
    };
    await apiTokens.insert({ ...token, id: newId(at), name: `bootstrap-${role}-${hash.slice(0, 8)}` });
  });
}
