import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiProblem, type Client } from '@signalbox/client';
import { systemClock } from '@signalbox/runtime';
import { StartRefused } from './data-folder.ts';

/** Everything of the quickstart belongs to this source, so that `apply --prune` can tell it from what users add. */
const SOURCE = 'quickstart';

/** Applies the example manifests of a first start: a pool, a model with three versions, and a deployment of the first. */
export async function applyQuickstart(client: Client, folder: string): Promise<void> {
  const sources = readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => ({ file: `examples/quickstart/${name}`, text: readFileSync(join(folder, name), 'utf8') }));
  try {
    await client.apply({ body: { source: SOURCE, sources } });
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
    const problems = error.problems.map(
      (problem) => `  ${problem.file ?? ''}:${problem.line ?? ''} ${problem.message}`,
    );
    throw new StartRefused(`The quickstart could not be applied: ${error.message}\n${problems.join('\n')}`);
  }
}

/** Whether anything was deployed before: then a start leaves it as it is. */
export async function hasDeployments(client: Client): Promise<boolean> {
  const { items } = await client.listDeployments({ query: {} });
  return items.length > 0;
}

/** A key for the tour, made once. */
export async function createTourKey(client: Client): Promise<string> {
  const { key } = await client.createKey({ body: { name: `tour-${systemClock.now()}`, routes: ['*'] } });
  if (key === null) throw new Error('the key was made by an earlier request; it is shown only once');
  return key;
}
