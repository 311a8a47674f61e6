import { request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest, type RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { errorMessage } from '../error-facts.ts';
import type { ApiStatus } from './api-types.ts';

/** The API answered, and not with success. */
export class ApiRefusal extends Error {
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.name = 'ApiRefusal';
    this.status = status;
    this.reason = reason;
  }
}

export interface ApiCall {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  path: string;
  query?: Readonly<Record<string, string>>;
  body?: unknown;
  contentType?: string;
}

const pageSize = '500';

/**
 * The Kubernetes API as plain JSON. The client library supplies kubeconfig and credentials; its generated calls are
 * left aside: each of them opens a TLS connection of its own, and turning lists into class instances costs several
 * times their parsing.
 */
export class KubernetesApi {
  readonly #source: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 16 });
  readonly #callTimeoutMs: number;
  #config: KubeConfig | null = null;

  /** A kubeconfig's path, or `in-cluster` for the service account of the pod that this runs in. */
  constructor(source: string, callTimeoutMs = 10_000) {
    this.#source = source;
    this.#callTimeoutMs = callTimeoutMs;
  }

  async call<T>(call: ApiCall): Promise<T> {
    return JSON.parse(await this.text(call)) as T;
  }

  async text(call: ApiCall): Promise<string> {
    const signal = AbortSignal.timeout(this.#callTimeoutMs);
    try {
      const response = await this.#send(call, signal);
      return await readText(response);
    } catch (error) {
      if (signal.aborted)
        throw new Error(`no answer from the Kubernetes API within ${this.#callTimeoutMs / 1_000} s`, { cause: error });
      throw error;
    }
  }

  /** All items of a list, page by page, so that no answer grows with the size of the cluster. */
  async list<Item>(path: string, query: Readonly<Record<string, string>> = {}): Promise<Item[]> {
    const items: Item[] = [];
    let next: string | undefined;
    do {
      const page = await this.call<{ items: Item[]; metadata: { continue?: string } }>({
        method: 'GET',
        path,
        query: { ...query, limit: pageSize, ...(next === undefined ? {} : { continue: next }) },
      });
      items.push(...page.items);
      next = page.metadata.continue === '' ? undefined : page.metadata.continue;
    } while (next !== undefined);
    return items;
  }

  /** An answer that goes on for as long as both sides want. */
  async stream(call: ApiCall, signal: AbortSignal): Promise<IncomingMessage> {
    return this.#send(call, signal);
  }

  close(): void {
    this.#agent.destroy();
  }

  async #send(call: ApiCall, signal: AbortSignal): Promise<IncomingMessage> {
    const { options, server } = await this.#access();
    const url = new URL(`${server.replace(/\/$/, '')}${call.path}`);
    for (const [name, value] of Object.entries(call.query ?? {})) url.searchParams.set(name, value);
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const headers = {
      ...options.headers,
      accept: 'application/json',
      ...(body === undefined
        ? {}
        : { 'content-type': call.contentType ?? 'application/json', 'content-length': Buffer.byteLength(body) }),
    };
    const send = url.protocol === 'http:' ? httpRequest : httpsRequest;
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      send(url, { ...options, method: call.method, headers, signal })
        .once('response', resolve)
        .once('error', reject)
        .end(body);
    });
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) return response;
    throw refusalOf(status, await readText(response));
  }

  async #access(): Promise<{ options: RequestOptions; server: string }> {
    const config = this.#load();
    const cluster = config.getCurrentCluster();
    if (cluster === null) throw new Error(`kubeconfig ${this.#source} names no current cluster`);
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    // The library's own agent closes every connection after one answer; only a proxy needs it.
    if (cluster.proxyUrl !== undefined) return { options, server: cluster.server };
    const { agent: _, ...direct } = options;
    const agent = cluster.server.startsWith('https:') ? { agent: this.#agent } : {};
    return { options: { ...direct, ...agent }, server: cluster.server };
  }

  #load(): KubeConfig {
    if (this.#config !== null) return this.#config;
    const config = new KubeConfig();
    try {
      if (this.#source === 'in-cluster') config.loadFromCluster();
      else config.loadFromFile(this.#source);
    } catch (error) {
      throw new Error(`kubeconfig ${this.#source} can't be read: ${errorMessage(error)}`, { cause: error });
    }
    this.#config = config;
    return config;
  }
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function refusalOf(status: number, text: string): ApiRefusal {
  try {
    const { reason, message } = JSON.parse(text) as ApiStatus;
    return new ApiRefusal(status, reason ?? '', message ?? text);
  } catch {
    return new ApiRefusal(status, '', text.slice(0, 500) || `the Kubernetes API answered ${status}`);
  }
}

export function isRefusal(error: unknown, ...statuses: readonly number[]): error is ApiRefusal {
  return error instanceof ApiRefusal && statuses.includes(error.status);
}
