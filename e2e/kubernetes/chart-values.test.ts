import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { loadYaml } from '@kubernetes/client-node';
import { chartFolder } from './chart.ts';

/** The README's table is made from the schema and the values. Renew it with UPDATE_GOLDEN=1. */
const readmePath = path.join(chartFolder, 'README.md');
const isUpdate = process.env.UPDATE_GOLDEN === '1';

interface Schema {
  $ref?: string;
  $defs?: Record<string, Schema>;
  description?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: unknown;
  enum?: readonly string[];
  type?: string;
}

const schema: Schema = JSON.parse(readFileSync(path.join(chartFolder, 'values.schema.json'), 'utf8'));
const values = loadYaml<Record<string, unknown>>(readFileSync(path.join(chartFolder, 'values.yaml'), 'utf8'));

interface Setting {
  name: string;
  value: unknown;
  description: string;
}

function resolved(part: Schema): Schema {
  if (part.$ref === undefined) return part;
  return schema.$defs?.[part.$ref.replace('#/$defs/', '')] ?? {};
}

/** Every setting of the schema, with its default; `unset` where values.yaml says nothing of it. */
function settings(part: Schema, value: unknown, name: string): Setting[] {
  const { properties, description = '', enum: allowed } = resolved(part);
  if (properties === undefined) {
    const choice = allowed === undefined ? '' : ` One of ${allowed.join(', ')}.`;
    return [{ name, value, description: `${description}${choice}` }];
  }
  return Object.entries(properties)
    .filter(([key]) => name !== '' || key !== 'global')
    .flatMap(([key, child]) =>
      settings(child, (value as Record<string, unknown> | undefined)?.[key], name === '' ? key : `${name}.${key}`),
    );
}

const all = settings(schema, values, '');

describe('the values of the chart', () => {
  test('all have a default in values.yaml', () => {
    const resources = /\.resources\.(requests|limits)$/;
    expect(all.filter(({ name, value }) => value === undefined && !resources.test(name))).toEqual([]);
  });

  test('are all known to the schema, so that a misspelt one is refused', () => {
    expect(unknownKeys(schema, values, '')).toEqual([]);
    expect(openObjects(schema, '')).toEqual([]);
  });

  test('all say what they are for', () => {
    expect(all.filter(({ description }) => description === '').map(({ name }) => name)).toEqual([]);
  });

  test('are all in the README', () => {
    const readme = readFileSync(readmePath, 'utf8');
    const [before = '', rest = ''] = readme.split('<!-- values -->\n');
    const [written = '', after = ''] = rest.split('<!-- end of values -->');
    if (isUpdate) writeFileSync(readmePath, `${before}<!-- values -->\n\n${table()}\n<!-- end of values -->${after}`);
    else expect(words(written)).toEqual(words(table()));
  });
});

function table(): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|');
  const rows = all.map(
    ({ name, value, description }) => `| \`${name}\` | \`${cell(JSON.stringify(value))}\` | ${cell(description)} |`,
  );
  return ['| value | default | |', '| --- | --- | --- |', ...rows, ''].join('\n');
}

/** The formatter pads the columns of a table. */
function words(text: string): string[] {
  const lines = text.split('\n').map((line) => line.replace(/-{3,}/g, '---').replace(/ +/g, ' ').trim());
  return lines.filter((line) => line !== '');
}

function unknownKeys(part: Schema, value: unknown, name: string): string[] {
  const { properties } = resolved(part);
  if (properties === undefined || typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => {
    const known = properties[key];
    return known === undefined ? [`${name}.${key}`] : unknownKeys(known, child, `${name}.${key}`);
  });
}

/** Objects with named properties that would let others pass. */
function openObjects(part: Schema, name: string): string[] {
  const { properties, additionalProperties } = resolved(part);
  if (properties === undefined) return [];
  const below = Object.entries(properties).flatMap(([key, child]) => openObjects(child, `${name}.${key}`));
  return additionalProperties === false ? below : [name, ...below];
}
