import type { Contender, ContenderName } from './contender.ts';
import { direct } from './direct.ts';
import { gateway } from './gateway.ts';
import { haproxy } from './haproxy.ts';
import { nginx } from './nginx.ts';
import { nodeProxy } from './node-proxies.ts';
import { portkey } from './portkey.ts';

export const contenders: Readonly<Record<ContenderName, Contender>> = {
  direct,
  gateway,
  nginx,
  haproxy,
  'fast-proxy': nodeProxy('fast-proxy', 'fast-proxy.mjs'),
  'http-proxy': nodeProxy('http-proxy', 'http-proxy.mjs'),
  '@fastify/http-proxy': nodeProxy('@fastify/http-proxy', 'fastify-http-proxy.mjs'),
  portkey,
};
