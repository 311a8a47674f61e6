const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name could not be looked up',
  EHOSTUNREACH: 'there is no way to the host',
  ENETUNREACH: 'there is no way to the network',
  ETIMEDOUT: 'the connection timed out',
  UND_ERR_CONNECT_TIMEOUT: 'the connection timed out',
  UND_ERR_SOCKET: 'the connection was closed',
  UND_ERR_HEADERS_TIMEOUT: 'no answer in time',
  UND_ERR_BODY_TIMEOUT: 'the answer stopped half-way',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed (NODE_EXTRA_CA_CERTS names a file of trusted ones)',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not trusted (NODE_EXTRA_CA_CERTS names a file of trusted ones)',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not trusted (NODE_EXTRA_CA_CERTS names a file of trusted ones)',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host',
};

/** fetch says only `fetch failed`; the reason stands in its causes, several where a name has several addresses. */
export function failureReason(error: unknown): string {
  for (const cause of causesOf(error)) {
    if (typeof cause.code === 'string') return REASONS[cause.code] ?? cause.code;
  }
  return error instanceof Error ? error.message : String(error);
}

interface Cause {
  code?: unknown;
  cause?: unknown;
  errors?: unknown;
}

/** By shape and not by class: errors of fetch come from another realm where code runs in a vm. */
function* causesOf(error: unknown, depth = 0): Generator<Cause> {
  if (typeof error !== 'object' || error === null || depth > 5) return;
  const cause: Cause = error;
  yield cause;
  if (Array.isArray(cause.errors)) for (const one of cause.errors) yield* causesOf(one, depth + 1);
  yield* causesOf(cause.cause, depth + 1);
}
