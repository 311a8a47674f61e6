import { EnvError } from '@signalbox/runtime';
import type { Env } from '../env.ts';
import type { ProxyVersions } from './proxy-protocol.ts';
import { TrustedProxies } from './trusted-proxies.ts';

/** How callers reach the gateway, beside its port. */
export interface CallerEdges {
  /** PEM files; null: callers speak plain HTTP. */
  readonly tls: { readonly certFile: string; readonly keyFile: string } | null;
  /** Whether trusted proxies put a PROXY header before their connections; then they must. */
  readonly proxyProtocol: ProxyVersions | 'off';
  readonly trustedProxies: TrustedProxies;
  readonly maxConnections: number;
  /** Trusted proxies are exempt. */
  readonly maxConnectionsPerAddress: number;
}

/** From settings that only together make sense. Each of several processes has its part of the connections. */
export function edgesFrom(env: Env, processes: number): CallerEdges {
  const certFile = env.SIGNALBOX_GATEWAY_TLS_CERT_FILE;
  const keyFile = env.SIGNALBOX_GATEWAY_TLS_KEY_FILE;
  const trustedProxies = new TrustedProxies(env.SIGNALBOX_GATEWAY_TRUSTED_PROXIES);
  const problems: string[] = [];
  if (certFile === undefined && keyFile !== undefined)
    problems.push('SIGNALBOX_GATEWAY_TLS_CERT_FILE: set it beside SIGNALBOX_GATEWAY_TLS_KEY_FILE');
  if (certFile !== undefined && keyFile === undefined)
    problems.push('SIGNALBOX_GATEWAY_TLS_KEY_FILE: set it beside SIGNALBOX_GATEWAY_TLS_CERT_FILE');
  if (env.SIGNALBOX_GATEWAY_PROXY_PROTOCOL !== 'off' && trustedProxies.isEmpty)
    problems.push('SIGNALBOX_GATEWAY_TRUSTED_PROXIES: name the proxies that speak the PROXY protocol');
  if (problems.length > 0) throw new EnvError(problems);
  return {
    tls: certFile === undefined || keyFile === undefined ? null : { certFile, keyFile },
    proxyProtocol: env.SIGNALBOX_GATEWAY_PROXY_PROTOCOL,
    trustedProxies,
    maxConnections: Math.ceil(env.SIGNALBOX_GATEWAY_MAX_CONNECTIONS / processes),
    maxConnectionsPerAddress: Math.ceil(env.SIGNALBOX_GATEWAY_MAX_CONNECTIONS_PER_ADDRESS / processes),
  };
}
