import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Settings } from './choose-settings.ts';
import { type GlobalFlags, readSettings } from './read-settings.ts';

let folder: string;
let warnings: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'signalbox-settings-'));
  warnings = [];
});

afterEach(() => rmSync(folder, { recursive: true }));

function write(path: string, text: string, mode: number): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
  chmodSync(join(folder, path), mode);
}

function read(flags: GlobalFlags = {}, env: Record<string, string> = {}): Settings {
  const place = { env, cwd: join(folder, 'checkout/docs'), homeFolder: folder, userId: process.getuid?.() };
  return readSettings(flags, place, (message) => warnings.push(message));
}

const config = `currentContext: work
contexts:
  - { name: work, url: "http://work", tokenFile: work.token, project: search }
  - { name: home, url: "http://home", token: t-home, gatewayUrl: "http://gw", key: k-home }
`;
const credentials = JSON.stringify({
  url: 'http://l',
  gatewayUrl: 'http://g',
  token: 't-local',
  consumerKey: 'k-local',
});

describe('settings', () => {
  test('come from the current context, its token from its own file', () => {
    write('.config/signalbox/config.yaml', config, 0o600);
    write('.config/signalbox/work.token', 't-work\n', 0o600);
    const settings = read();
    expect(settings.url.value).toBe('http://work');
    expect(settings.token?.value.reveal()).toBe('t-work');
    expect(settings.project.value).toBe('search');
    expect(warnings).toEqual([]);
  });

  test('come from another context when it is named', () => {
    write('.config/signalbox/config.yaml', config, 0o600);
    const settings = read({ context: 'home' });
    expect([settings.token?.value.reveal(), settings.key?.value.reveal()]).toEqual(['t-home', 'k-home']);
  });

  test('honour XDG_CONFIG_HOME and the environment', () => {
    write('xdg/signalbox/config.yaml', config, 0o600);
    const env = { XDG_CONFIG_HOME: join(folder, 'xdg'), SIGNALBOX_CONTEXT: 'home', SIGNALBOX_TOKEN: ' t-env\n' };
    const settings = read({}, env);
    expect([settings.url.value, settings.token?.value.reveal()]).toEqual(['http://home', 't-env']);
  });

  test('come last from what npm start left in the checkout around', () => {
    write('checkout/.signalbox/credentials.json', credentials, 0o600);
    const settings = read();
    expect([settings.url.value, settings.gatewayUrl.value]).toEqual(['http://l', 'http://g']);
    expect([settings.token?.value.reveal(), settings.key?.value.reveal()]).toEqual(['t-local', 'k-local']);
  });

  test('from a checkout whose first key is not made yet have no key', () => {
    write('checkout/.signalbox/credentials.json', credentials.replace('"k-local"', 'null'), 0o600);
    expect(read().key).toBeUndefined();
  });

  test('warn about a secret that everyone can read', () => {
    write('.config/signalbox/config.yaml', config, 0o644);
    write('checkout/.signalbox/credentials.json', credentials, 0o604);
    read({ context: 'home' });
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toContain('chmod 600');
  });

  test.each<{ name: string; make: () => void; flags?: GlobalFlags; says: string }>([
    { name: 'a context without a file', make: () => {}, flags: { context: 'x' }, says: 'there is no settings file' },
    {
      name: 'a missing token file',
      make: () => write('.config/signalbox/config.yaml', config, 0o600),
      says: 'work.token is missing or empty',
    },
    {
      name: 'credentials that are not JSON',
      make: () => write('checkout/.signalbox/credentials.json', '{', 0o600),
      says: 'delete it and run npm start again',
    },
    { name: 'a token with blanks', make: () => {}, flags: { token: 'a b' }, says: 'a token or key holds blanks' },
  ])('refuse $name', ({ make, flags, says }) => {
    make();
    expect(() => read(flags)).toThrow(says);
  });
});
