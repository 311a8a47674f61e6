import { readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { errorCode } from '../error-code.ts';
import { UsageError } from '../exit-code.ts';
import type { World } from '../world.ts';
import { chooseSettings, type Settings, type SettingsLayer } from './choose-settings.ts';
import { type ConfigContext, contextNamed, parseConfig } from './config-file.ts';
import { Secret } from './secret.ts';

/** Options that every verb takes. */
export interface GlobalFlags {
  url?: string;
  token?: string;
  context?: string;
  project?: string;
  gatewayUrl?: string;
  key?: string;
}

type Place = Pick<World, 'env' | 'cwd' | 'homeFolder' | 'userId'>;

export function readSettings(flags: GlobalFlags, place: Place, warn: (message: string) => void): Settings {
  const layers = [
    fromFlags(flags),
    fromEnvironment(place.env),
    fromConfigFile(flags.context ?? present(place.env.SIGNALBOX_CONTEXT), place, warn),
    fromCredentials(place, warn),
  ];
  return chooseSettings(layers.filter((layer) => layer !== undefined));
}

export function configFilePath({ env, homeFolder }: Pick<World, 'env' | 'homeFolder'>): string {
  return join(present(env.XDG_CONFIG_HOME) ?? join(homeFolder, '.config'), 'signalbox', 'config.yaml');
}

function fromFlags(flags: GlobalFlags): SettingsLayer {
  const { url, gatewayUrl, project } = flags;
  return { origin: 'flags', url, gatewayUrl, project, token: secret(flags.token), key: secret(flags.key) };
}

function fromEnvironment(env: World['env']): SettingsLayer {
  return {
    origin: 'environment',
    url: present(env.SIGNALBOX_URL),
    token: secret(present(env.SIGNALBOX_TOKEN)),
    gatewayUrl: present(env.SIGNALBOX_GATEWAY_URL),
    key: secret(present(env.SIGNALBOX_KEY)),
    project: present(env.SIGNALBOX_PROJECT),
  };
}

function fromConfigFile(
  wanted: string | undefined,
  place: Place,
  warn: (message: string) => void,
): SettingsLayer | undefined {
  const file = configFilePath(place);
  const found = readIfThere(file);
  if (found === undefined) {
    if (wanted !== undefined) throw new UsageError(`context ${wanted}: there is no settings file ${file}`);
    return undefined;
  }
  const config = parseConfig(file, found.text);
  const holdsSecret = config.contexts.some(({ token, key }) => token !== undefined || key !== undefined);
  if (holdsSecret && (found.mode & 0o006) !== 0) warn(openToAll(file));
  const context = contextNamed(file, config, wanted);
  return context === undefined ? undefined : layerOf(file, context, place.homeFolder);
}

function layerOf(file: string, context: ConfigContext, homeFolder: string): SettingsLayer {
  const secretIn = (name: 'token' | 'key'): Secret | undefined => {
    const path = context[`${name}File`];
    if (path === undefined) return secret(context[name]);
    const full = resolve(dirname(file), path.replace(/^~(?=\/)/, homeFolder));
    const found = secret(readIfThere(full)?.text);
    if (found !== undefined) return found;
    throw new UsageError(`${file}: ${name}File of context ${context.name}: ${full} is missing or empty`);
  };
  return {
    origin: `context ${context.name} of ${file}`,
    url: context.url,
    token: secretIn('token'),
    gatewayUrl: context.gatewayUrl,
    key: secretIn('key'),
    project: context.project,
  };
}

const credentials = z.object({
  url: z.string(),
  gatewayUrl: z.string(),
  token: z.string().min(1),
  consumerKey: z.string().min(1).nullish(),
});

/** What `npm start` left in the checkout that we stand in: the nearest one above the working folder. */
function fromCredentials(place: Place, warn: (message: string) => void): SettingsLayer | undefined {
  for (let folder = place.cwd; ; folder = dirname(folder)) {
    const file = join(folder, '.signalbox', 'credentials.json');
    const found = readIfThere(file);
    if (found !== undefined) return credentialsLayer(file, found, place, warn);
    if (dirname(folder) === folder) return undefined;
  }
}

function credentialsLayer(
  file: string,
  found: { text: string; mode: number; owner: number },
  { userId }: Place,
  warn: (message: string) => void,
): SettingsLayer | undefined {
  // Someone else's file in a folder above must not decide where manifests and prompts go.
  if (userId !== undefined && userId !== 0 && found.owner !== userId) {
    warn(`${file} belongs to another user and was left out`);
    return undefined;
  }
  if ((found.mode & 0o006) !== 0) warn(openToAll(file));
  const parsed = credentials.safeParse(parseJson(found.text));
  if (!parsed.success) throw new UsageError(`${file} is not valid; delete it and run npm start again`);
  const { url, gatewayUrl, token, consumerKey } = parsed.data;
  return { origin: file, url, gatewayUrl, token: secret(token), key: secret(consumerKey ?? undefined) };
}

function openToAll(file: string): string {
  return `${file} holds a secret and every user of this machine can read it; run: chmod 600 ${file}`;
}

function readIfThere(file: string): { text: string; mode: number; owner: number } | undefined {
  try {
    const { mode, uid } = statSync(file);
    return { text: readFileSync(file, 'utf8'), mode, owner: uid };
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new UsageError(`${file} cannot be read (${code ?? 'unknown reason'})`);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What could not be sent in a header is refused here: the error of a later place would quote it. */
function secret(value: string | undefined): Secret | undefined {
  const text = value?.trim();
  if (text === undefined || text === '') return undefined;
  if (!/^[\x21-\x7e]+$/.test(text))
    throw new UsageError('a token or key holds blanks or characters that none can hold');
  return new Secret(text);
}

function present(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
