import type { Secret } from './secret.ts';

/** Settings as one source gives them: flags, environment, context of the config file, local credentials. */
export interface SettingsLayer {
  /** Said in messages and by `config view`. */
  origin: string;
  url?: string | undefined;
  token?: Secret | undefined;
  gatewayUrl?: string | undefined;
  key?: Secret | undefined;
  project?: string | undefined;
}

interface Setting<T> {
  value: T;
  origin: string;
}

export interface Settings {
  url: Setting<string>;
  token: Setting<Secret> | undefined;
  gatewayUrl: Setting<string>;
  key: Setting<Secret> | undefined;
  project: Setting<string>;
  /** Tokens that were not used because they belong to another URL. */
  withheld: readonly string[];
}

const DEFAULT_URL = 'http://127.0.0.1:4600';
const DEFAULT_GATEWAY_URL = 'http://127.0.0.1:4601';

/**
 * The first layer that says something wins, setting by setting. Except that a secret stored together with a URL is
 * only ever sent to that URL: `--url` of another installation must not carry this one's token there.
 */
export function chooseSettings(layers: readonly SettingsLayer[]): Settings {
  const url = first(layers, 'url') ?? { value: DEFAULT_URL, origin: 'default' };
  const gatewayUrl = first(layers, 'gatewayUrl') ?? { value: DEFAULT_GATEWAY_URL, origin: 'default' };
  const token = secretFor(layers, 'token', 'url', url.value);
  const key = secretFor(layers, 'key', 'gatewayUrl', gatewayUrl.value);
  return {
    url,
    gatewayUrl,
    token: token.found,
    key: key.found,
    project: first(layers, 'project') ?? { value: 'default', origin: 'default' },
    withheld: [...token.withheld, ...key.withheld],
  };
}

function first<Name extends 'url' | 'gatewayUrl' | 'project'>(
  layers: readonly SettingsLayer[],
  name: Name,
): Setting<string> | undefined {
  for (const layer of layers) {
    const value = layer[name];
    if (value !== undefined) return { value, origin: layer.origin };
  }
  return undefined;
}

function secretFor(
  layers: readonly SettingsLayer[],
  name: 'token' | 'key',
  place: 'url' | 'gatewayUrl',
  url: string,
): { found: Setting<Secret> | undefined; withheld: readonly string[] } {
  const withheld: string[] = [];
  for (const layer of layers) {
    const value = layer[name];
    if (value === undefined) continue;
    const home = layer[place];
    if (home === undefined || sameServer(home, url)) return { found: { value, origin: layer.origin }, withheld: [] };
    withheld.push(`the ${name} from ${layer.origin} belongs to ${home} and was not sent to ${url}`);
  }
  return { found: undefined, withheld };
}

function sameServer(a: string, b: string): boolean {
  return URL.canParse(a) && URL.canParse(b) && new URL(a).href === new URL(b).href;
}
