export interface ApiCall {
  /** The admin's unless told; empty: none. */
  token?: string;
  body?: string;
  type?: string;
  idempotencyKey?: string;
}

export interface ApiAnswer {
  status: number;
  body: Readonly<Record<string, unknown>>;
}

/** By hand, for what the client would never send. */
export async function requestTo(
  to: { url: string; token: string },
  method: string,
  path: string,
  { token = to.token, body, type = 'application/json', idempotencyKey }: ApiCall,
): Promise<ApiAnswer> {
  const headers = {
    ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
    ...(body === undefined ? {} : { 'content-type': type }),
    ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
  };
  const response = await fetch(to.url + path, { method, headers, ...(body === undefined ? {} : { body }) });
  return { status: response.status, body: (await response.json()) as ApiAnswer['body'] };
}

export function applied(text: string): string {
  return JSON.stringify({ source: 'bad', sources: [{ file: 'bad.yaml', text }] });
}
