import { createHash, timingSafeEqual } from 'node:crypto';
import type { ApiRole } from '@signalbox/contracts';
import { AppError, type Instant } from '@signalbox/domain';
import type { Clock } from '@signalbox/runtime';
import type { Caller } from './caller.ts';

export interface StoredToken {
  id: string;
  name: string;
  hash: string;
  role: ApiRole;
  expiresAt: Instant | null;
  revokedAt: Instant | null;
}

export interface TokenLookup {
  findByHash(hash: string): Promise<StoredToken | undefined>;
}

export interface Authenticator {
  /** Throws `auth.missing` or `auth.invalid`. */
  authenticate(authorization: string | undefined): Promise<Caller>;
  /** Called when a token was revoked here, so that this process refuses it at once. */
  forget(tokenId: string): void;
}

/** A revoked token is refused by other processes after at most this long. */
const cacheMs = 3_000;
const cacheSize = 1_000;

export function createAuthenticator(tokens: TokenLookup, clock: Clock): Authenticator {
  const cache = new Map<string, { token: StoredToken; until: Instant }>();

  async function find(hash: string): Promise<StoredToken | undefined> {
    const cached = cache.get(hash);
    if (cached !== undefined && cached.until > clock.now()) return cached.token;
    cache.delete(hash);
    const token = await tokens.findByHash(hash);
    if (token === undefined) return undefined;
    const oldest = cache.keys().next();
    if (cache.size >= cacheSize && !oldest.done) cache.delete(oldest.value);
    cache.set(hash, { token, until: clock.now() + cacheMs });
    return token;
  }

  return {
    async authenticate(authorization) {
      const hash = hashOf(bearerToken(authorization));
      const token = await find(hash);
      if (token === undefined || !sameText(token.hash, hash) || !isValid(token, clock.now())) {
        throw new AppError('auth.invalid');
      }
      return { tokenId: token.id, name: token.name, role: token.role };
    },
    forget(tokenId) {
      for (const [hash, { token }] of cache) if (token.id === tokenId) cache.delete(hash);
    },
  };
}

/** SHA-256 in hex: what is stored of a token. Tokens are 256 random bits, so that no slow hash is needed. */
export function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

function bearerToken(authorization: string | undefined): string {
  if (authorization === undefined || authorization === '') throw new AppError('auth.missing');
  const match = /^bearer +(\S{1,500})$/i.exec(authorization.trim());
  if (match?.[1] === undefined) throw new AppError('auth.invalid');
  return match[1];
}

function sameText(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

function isValid(token: StoredToken, now: Instant): boolean {
  return token.revokedAt === null && (token.expiresAt === null || token.expiresAt > now);
}
