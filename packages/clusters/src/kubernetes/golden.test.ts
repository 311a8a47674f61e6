import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { renderDeployment } from './render-deployment.ts';
import { podRefusal } from './render-pod.ts';
import { engineWorkloads } from './testing/engine-workloads.ts';

/** The pod of every workload that the engines keep on file. Renew them with UPDATE_GOLDEN=1, after the engines' own. */
const folder = fileURLToPath(new URL('../../golden/', import.meta.url));
const isUpdate = process.env.UPDATE_GOLDEN === '1';
const workloads = await engineWorkloads();

describe('pods of the engines', () => {
  if (isUpdate) rmSync(folder, { recursive: true, force: true });

  test.each(workloads)('$title is rendered as on file', ({ title, workload }) => {
    const refused = podRefusal(workload);
    const rendered = refused === null ? renderDeployment(workload, 2, 'signalbox', 'production') : { refused };
    // The annotation repeats the template as text.
    const text = JSON.stringify(rendered, (key, value) => (key.endsWith('/rendered-template') ? undefined : value), 2);
    const file = `${folder}${title}.json`;
    if (isUpdate) mkdirSync(dirname(file), { recursive: true });
    if (isUpdate) writeFileSync(file, `${text}\n`);
    expect(`${text}\n`).toBe(readFileSync(file, 'utf8'));
  });

  test('every file belongs to a workload', () => {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'));
    expect(files.sort()).toEqual(workloads.map(({ title }) => `${title}.json`).sort());
  });
});
