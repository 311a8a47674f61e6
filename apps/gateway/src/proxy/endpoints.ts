import type { AnswerApi, Dialect } from '../dialects/dialect.ts';

export type Endpoint =
  | { kind: 'listModels' }
  | { kind: 'showModel'; name: string }
  /** The JSON body names the model. */
  | { kind: 'byBody'; dialect: Dialect; api: AnswerApi }
  /** A field of the form names the model. */
  | { kind: 'byForm'; dialect: Dialect; api: AnswerApi }
  /** The path names a response that a replica keeps. */
  | { kind: 'byResponse'; dialect: Dialect; api: AnswerApi; id: string }
  /** The path names the model: `before`, the name, `after`. */
  | { kind: 'byPath'; dialect: Dialect; api: AnswerApi; name: string; before: string; after: string }
  | { kind: 'alive'; dialect: Dialect }
  | { kind: 'unknown'; dialect: Dialect }
  | { kind: 'methodNotAllowed'; dialect: Dialect; allowed: string };

/** One that a replica answers. */
export type RoutedEndpoint = Extract<Endpoint, { kind: 'byBody' | 'byForm' | 'byPath' | 'byResponse' }>;

const openai = (api: AnswerApi = 'other') => ({ kind: 'byBody', dialect: 'openai', api }) as const;
const form = { kind: 'byForm', dialect: 'openai', api: 'other' } as const;

/**
 * The allow-list. Engines offer far more, some of it dangerous (loading adapters, sleeping, weight updates) and not
 * guarded by their own keys: what is not named here never reaches one.
 */
const byBody: ReadonlyMap<string, Endpoint> = new Map<string, Endpoint>([
  ['/v1/chat/completions', openai('chat')],
  ['/v1/completions', openai('completions')],
  ['/v1/responses', openai('responses')],
  ['/v1/embeddings', openai()],
  ['/v1/moderations', openai()],
  ['/v1/images/generations', openai()],
  ['/v1/images/edits', form],
  ['/v1/images/variations', form],
  ['/v1/audio/speech', openai()],
  ['/v1/audio/transcriptions', form],
  ['/v1/audio/translations', form],
  ['/v1/rerank', openai()],
  ['/v2/rerank', openai()],
  ['/rerank', openai()],
  ['/v1/score', openai()],
  ['/score', openai()],
  ['/v2/embed', openai()],
  ['/pooling', openai()],
  ['/classify', openai()],
  ['/tokenize', openai()],
  ['/detokenize', openai()],
  ['/v1/messages', { kind: 'byBody', dialect: 'anthropic', api: 'messages' }],
  ['/v1/messages/count_tokens', { kind: 'byBody', dialect: 'anthropic', api: 'countTokens' }],
]);

const kservePath = /^(\/v2\/models\/)([^/]+)((?:\/versions\/[^/]+)?)(|\/ready|\/infer|\/generate|\/generate_stream)$/;

export const keptResponses = '/v1/responses/';

/** Finds what a request is for. Paths are compared as they came: an escaped slash or a `..` is no known path. */
export function endpointOf(method: string, path: string): Endpoint {
  const known = byBody.get(path);
  if (known !== undefined) return method === 'POST' ? known : notAllowed(dialectOf(path), 'POST');
  if (path === '/v1/models') return onlyGet(method, path, { kind: 'listModels' });
  if (path.startsWith(keptResponses)) {
    const id = decoded(path.slice(keptResponses.length));
    return id === undefined || id.includes('/')
      ? { kind: 'unknown', dialect: 'openai' }
      : onlyGet(method, path, { kind: 'byResponse', dialect: 'openai', api: 'keptResponse', id });
  }
  if (path.startsWith('/v1/models/')) {
    const name = decoded(path.slice('/v1/models/'.length));
    return name === undefined
      ? { kind: 'unknown', dialect: 'openai' }
      : onlyGet(method, path, { kind: 'showModel', name });
  }
  if (path === '/v2/health/live' || path === '/v2/health/ready')
    return onlyGet(method, path, { kind: 'alive', dialect: 'kserve' });
  return kserveEndpoint(method, path) ?? { kind: 'unknown', dialect: dialectOf(path) };
}

function kserveEndpoint(method: string, path: string): Endpoint | undefined {
  const match = kservePath.exec(path);
  if (match === null) return undefined;
  const [, before = '', escaped = '', version = '', verb = ''] = match;
  const name = decoded(escaped);
  if (name === undefined) return undefined;
  const wanted = verb === '' || verb === '/ready' ? 'GET' : 'POST';
  if (method !== wanted) return notAllowed('kserve', wanted);
  return { kind: 'byPath', dialect: 'kserve', api: 'kserve', name, before, after: version + verb };
}

function dialectOf(path: string): Dialect {
  if (path.startsWith('/v1/messages')) return 'anthropic';
  return path === '/v2' || /^\/v2\/(models|health|repository)/.test(path) ? 'kserve' : 'openai';
}

function onlyGet(method: string, path: string, endpoint: Endpoint): Endpoint {
  return method === 'GET' ? endpoint : notAllowed(dialectOf(path), 'GET');
}

function notAllowed(dialect: Dialect, allowed: string): Endpoint {
  return { kind: 'methodNotAllowed', dialect, allowed };
}

function decoded(name: string): string | undefined {
  try {
    return name === '' ? undefined : decodeURIComponent(name);
  } catch {
    return undefined;
  }
}
