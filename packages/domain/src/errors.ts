/**
 * The error catalogue: every error a user can meet. The message says what to do; `{field}` is filled from the
 * error's facts. docs/errors.md explains each; a test insists that catalogue and page agree.
 */
export const errorCatalogue = {
  'request.invalid': { title: 'The request is not valid', message: '{problems}' },
  'request.malformed': {
    title: 'The request body could not be read',
    message: 'Send a valid {expected} body: {detail}',
  },
  'request.too_large': { title: 'The request body is too large', message: 'Send at most {limitBytes} bytes.' },
  'request.unsupported_media_type': {
    title: 'The content type is not supported',
    message: 'Send {expected}, not {received}.',
  },
  'request.not_found': { title: 'There is no such path', message: 'See /openapi.json for the paths of this API.' },
  'request.method_not_allowed': { title: 'The method is not allowed here', message: 'Use one of {allowed}.' },
  'request.idempotency_conflict': {
    title: 'The idempotency key was used for another request',
    message: 'Use a new Idempotency-Key for a different request.',
  },
  'request.idempotency_in_progress': {
    title: 'A request with this idempotency key is still running',
    message: 'Wait for it and send the same request again.',
  },
  'request.precondition_failed': {
    title: 'The object changed since you read it',
    message: 'Read {kind} {name} again (its ETag is now {etag}) and repeat your change.',
  },
  'auth.missing': {
    title: 'No token was sent',
    message: 'Send Authorization: Bearer <token>; set SIGNALBOX_TOKEN for the CLI.',
  },
  'auth.invalid': {
    title: 'The token is not valid',
    message: 'Check the token; it may have been revoked or have expired.',
  },
  'auth.forbidden': {
    title: 'The token may not do this',
    message: 'This needs the role {needed}; the token has {role}.',
  },
  'manifest.invalid': { title: 'The manifests are not valid', message: '{count} problem(s); nothing was changed.' },
  'resource.not_found': { title: 'There is no such object', message: 'No {kind} {name} in project {project}. {hint}' },
  'resource.in_use': {
    title: 'The object is in use',
    message: '{kind} {name} is used by {users}; remove those first.',
  },
  'model_version.immutable': {
    title: 'A registered model version never changes',
    message: '{name} is registered already and differs in {fields}. Register a new version instead.',
  },
  'model_version.unresolved': {
    title: 'The source could not be pinned',
    message: '{name}: {detail}',
  },
  'deployment.carries_traffic': {
    title: 'The deployment carries traffic',
    message: '{name} carries traffic of {routes}. Repeat with --yes to remove it all the same.',
  },
  'deployment.no_former_revision': {
    title: 'There is nothing to go back to',
    message: '{name} has no earlier revision that served. See: signalbox rollout history {name}',
  },
  'deployment.revision_not_found': {
    title: 'There is no such revision',
    message: '{name} has no revision {revision}.',
  },
  'deployment.version_not_found': {
    title: 'There is no such version',
    message: 'Model {model} has no version {version}. Registered: {known}',
  },
  'rollout.none_active': { title: 'No rollout is going on', message: '{name} has no rollout to {verb}. Last: {last}' },
  'rollout.not_paused': { title: 'The rollout is not paused', message: 'Nothing to resume on {name}.' },
  'rollout.no_step_waiting': {
    title: 'No step is waiting',
    message: '{name} is {phase}; there is no step to advance.',
  },
  'quantization.unsupported': { title: 'The engine lacks this quantization', message: '{detail}' },
  'engine.argument_refused': { title: 'An engine argument is refused', message: '{detail}' },
  'service.unavailable': { title: 'The control plane cannot answer now', message: '{detail}' },
  'internal.unexpected': {
    title: 'Something went wrong inside',
    message: 'Look for request id {requestId} in the logs.',
  },
} as const satisfies Record<string, { title: string; message: string }>;

export type ErrorCode = keyof typeof errorCatalogue;

/** A place in the user's input that is wrong. */
export interface Problem {
  message: string;
  /** Path into the document, as `spec.scaling.min`. */
  path?: string;
  file?: string;
  line?: number;
  column?: number;
  allowed?: readonly string[];
  nearest?: string;
}

/** A catalogued error: a code, its facts, and the problems in the user's input if that was the cause. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly problems: readonly Problem[];

  constructor(
    code: ErrorCode,
    facts: Readonly<Record<string, unknown>> = {},
    options: { cause?: unknown; problems?: readonly Problem[] } = {},
  ) {
    super(fill(errorCatalogue[code].message, facts), options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.facts = facts;
    this.problems = options.problems ?? [];
  }
}

function fill(template: string, facts: Readonly<Record<string, unknown>>): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => String(facts[name] ?? '')).trim();
}
