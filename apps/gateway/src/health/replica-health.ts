/**
 * What the gateway knows of a replica's health. Two sources: a check of its health path every second, and what
 * happens to requests. An engine may answer 200 on its health path while every generation fails, so an ejection
 * holds for its whole back-off whatever the checks say. Slowness is no fault: an engine that answers its checks may
 * take as long for a prompt as its route allows.
 */
export interface ReplicaHealth {
  /** Passed at least one check since it appeared. Never taken back: ejection says the rest. */
  readonly admitted: boolean;
  readonly failedChecks: number;
  readonly connectErrors: number;
  /** Those that good answers have not made up for. */
  readonly serverErrors: number;
  readonly ejection: Ejection | null;
  /** How often it was ejected without a good minute in between; the back-off doubles with it. */
  readonly relapses: number;
  readonly returnedAt: number | null;
}

interface Ejection {
  readonly because: EjectionCause;
  readonly at: number;
  /** Not back before this, and then only after a good check. */
  readonly until: number;
}

export type EjectionCause = 'health checks' | 'silence' | 'connections' | 'answers';

/** Of a question to its health path. */
export type CheckOutcome = 'passed' | 'failed' | 'unanswered';

const checksToEject = 3;
const connectErrorsToEject = 3;
const serverErrorsToEject = 5;
const firstBackoffMs = 1_000;
const lastBackoffMs = 30_000;
const goodTimeMs = 60_000;

export const freshHealth: ReplicaHealth = {
  admitted: false,
  failedChecks: 0,
  connectErrors: 0,
  serverErrors: 0,
  ejection: null,
  relapses: 0,
  returnedAt: null,
};

export function afterGoodCheck(health: ReplicaHealth, now: number): ReplicaHealth {
  const checked = { ...health, admitted: true, failedChecks: 0 };
  if (health.ejection === null || now < health.ejection.until) return checked;
  return { ...checked, connectErrors: 0, serverErrors: 0, ejection: null, returnedAt: now };
}

export function afterFailedCheck(health: ReplicaHealth, now: number): ReplicaHealth {
  const failedChecks = health.failedChecks + 1;
  return ejectIf(failedChecks >= checksToEject, { ...health, failedChecks }, 'health checks', now);
}

/** A check got no answer in its time, and nothing else came from the replica either: it is frozen or unreachable. */
export function afterSilence(health: ReplicaHealth, now: number): ReplicaHealth {
  return ejectIf(true, health, 'silence', now);
}

/** Refused, reset, or gone before an answer came. */
export function afterConnectError(health: ReplicaHealth, now: number): ReplicaHealth {
  const connectErrors = health.connectErrors + 1;
  return ejectIf(connectErrors >= connectErrorsToEject, { ...health, connectErrors }, 'connections', now);
}

/** Sent before the replica came back, and failed only now: that is old news, and it may be well. */
export function isOldNews({ returnedAt }: ReplicaHealth, sentAt: number): boolean {
  return returnedAt !== null && sentAt < returnedAt;
}

/** A 5xx, a broken answer, or none in time. */
export function afterServerError(health: ReplicaHealth, now: number): ReplicaHealth {
  const serverErrors = health.serverErrors + 1;
  return ejectIf(serverErrors >= serverErrorsToEject, { ...health, serverErrors, connectErrors: 0 }, 'answers', now);
}

/**
 * Makes up for one error and not for all: streams that began before an engine broke end well beside a storm of errors.
 */
export function afterGoodAnswer(health: ReplicaHealth): ReplicaHealth {
  // Called for every request: the usual case allocates nothing.
  if (health.serverErrors === 0 && health.connectErrors === 0) return health;
  return { ...health, serverErrors: Math.max(0, health.serverErrors - 1), connectErrors: 0 };
}

function ejectIf(due: boolean, health: ReplicaHealth, because: EjectionCause, now: number): ReplicaHealth {
  if (!due || health.ejection !== null) return health;
  const hadGoodTime = health.returnedAt !== null && now - health.returnedAt >= goodTimeMs;
  const relapses = hadGoodTime ? 0 : health.relapses;
  const backoffMs = Math.min(firstBackoffMs * 2 ** relapses, lastBackoffMs);
  return { ...health, ejection: { because, at: now, until: now + backoffMs }, relapses: relapses + 1 };
}
