import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { UsageError } from '../exit-code.ts';
import { chooseSettings, type SettingsLayer } from './choose-settings.ts';
import { contextNamed, parseConfig } from './config-file.ts';
import { Secret } from './secret.ts';

const flags = (layer: Omit<SettingsLayer, 'origin'>): SettingsLayer => ({ origin: 'flags', ...layer });
const environment = (layer: Omit<SettingsLayer, 'origin'>): SettingsLayer => ({ origin: 'environment', ...layer });
const context = (layer: Omit<SettingsLayer, 'origin'>): SettingsLayer => ({ origin: 'context', ...layer });
const token = new Secret('t-1');

describe('which settings count', () => {
  test.each<{ name: string; layers: SettingsLayer[]; url: string; tokenFrom: string | undefined }>([
    {
      name: 'nothing said: the local one, without a token',
      layers: [],
      url: 'http://127.0.0.1:4600',
      tokenFrom: undefined,
    },
    {
      name: 'flags before the environment',
      layers: [flags({ url: 'http://f' }), environment({ url: 'http://e', token })],
      url: 'http://f',
      tokenFrom: undefined,
    },
    {
      name: 'a token from the environment goes to the URL of a context',
      layers: [environment({ token }), context({ url: 'http://c', token: new Secret('t-2') })],
      url: 'http://c',
      tokenFrom: 'environment',
    },
    {
      name: 'a token of a context never goes to the URL of a flag',
      layers: [flags({ url: 'http://f' }), context({ url: 'http://c', token })],
      url: 'http://f',
      tokenFrom: undefined,
    },
    {
      name: 'unless it is the same URL, written otherwise',
      layers: [flags({ url: 'http://c:80/' }), context({ url: 'http://c', token })],
      url: 'http://c:80/',
      tokenFrom: 'context',
    },
  ])('$name', ({ layers, url, tokenFrom }) => {
    const settings = chooseSettings(layers);
    expect(settings.url.value).toBe(url);
    expect(settings.token?.origin).toBe(tokenFrom);
  });

  test('a withheld token is told', () => {
    const { withheld } = chooseSettings([flags({ url: 'http://f' }), context({ url: 'http://c', token })]);
    expect(withheld).toEqual(['the token from context belongs to http://c and was not sent to http://f']);
  });

  test('a secret prints itself nowhere', () => {
    expect(`${token} ${JSON.stringify({ token })} ${inspect(token)}`).not.toContain('t-1');
  });
});

describe('the settings file', () => {
  test('gives the context that is named, or the current one', () => {
    const config = parseConfig(
      'c.yaml',
      'currentContext: a\ncontexts: [{name: a, url: "http://a"}, {name: b, url: "http://b"}]',
    );
    expect(contextNamed('c.yaml', config, undefined)?.url).toBe('http://a');
    expect(contextNamed('c.yaml', config, 'b')?.url).toBe('http://b');
    expect(() => contextNamed('c.yaml', config, 'x')).toThrow(
      '--context is x, but there is no such context (there are: a, b)',
    );
  });

  test.each<{ name: string; text: string; says: string }>([
    { name: 'broken YAML', text: 'contexts:\n  - name: "a\n', says: 'c.yaml:3:1: ' },
    { name: 'an unknown field', text: 'contexts:\n  - name: a\n    uri: http://a\n', says: 'c.yaml:2:5: contexts.0' },
    { name: 'a wrong type', text: 'currentContext: 1\n', says: 'c.yaml:1:17: currentContext: ' },
    {
      name: 'two tokens',
      text: 'contexts:\n  - {name: a, url: u, token: x, tokenFile: y}\n',
      says: 'give token or tokenFile, not both',
    },
    { name: 'a name twice', text: 'contexts:\n  - {name: a, url: u}\n  - {name: a, url: u}\n', says: 'the same name' },
  ])('with $name is refused at its place', ({ text, says }) => {
    expect(() => parseConfig('c.yaml', text)).toThrow(UsageError);
    expect(() => parseConfig('c.yaml', text)).toThrow(says);
  });

  test('may be empty', () => {
    expect(parseConfig('c.yaml', '').contexts).toEqual([]);
  });
});
