import type { Mock } from '../rig/mock.ts';

export const proxyNames = [
  'gateway',
  'nginx',
  'haproxy',
  'fast-proxy',
  'http-proxy',
  '@fastify/http-proxy',
  'portkey',
] as const;
export type ProxyName = (typeof proxyNames)[number];

/** `direct` is no proxy at all: what the load and the mock cost by themselves. */
export type ContenderName = 'direct' | ProxyName;

export const npmProxies = ['fast-proxy', 'http-proxy', '@fastify/http-proxy'] as const satisfies readonly ProxyName[];

export interface Contender {
  name: ContenderName;
  /** Installs what is missing; throws with what to do where it can't. */
  prepare(): Promise<void>;
  /** For the head of the report, once prepared. */
  describe(): string;
  /** Keeps connections to the engine, one worker or thread, no access log. Answers when this returns. */
  start(setting: Setting): Promise<RunningContender>;
}

export interface Setting {
  /** Of this contender alone; its logs and sockets go there. */
  folder: string;
  mock: Mock;
}

export interface RunningContender {
  name: ContenderName;
  port: number;
  /** Undefined for `direct`. */
  pid: number | undefined;
  /** What a request needs beside the usual ones. */
  headers: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}
