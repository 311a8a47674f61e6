import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { runtimeOf } from './image-contents.ts';
import { imageNames } from './image-names.ts';

const dockerfile = readFileSync(path.join(import.meta.dirname, '../../images/Dockerfile'), 'utf8');

test.each(imageNames)('the Dockerfile starts %s as the archive does', (name) => {
  const stage = dockerfile.split(/^FROM /m).find((text) => text.startsWith(`scratch AS ${name}\n`)) ?? '';
  const { entrypoint, user, exposedPorts, env } = runtimeOf(name);
  expect(stage).toContain(`COPY --from=build /images/${name}/ /\n`);
  expect(stage).toContain(`ENTRYPOINT ${JSON.stringify(entrypoint).replaceAll(',', ', ')}\n`);
  expect(stage).toContain(`USER ${user}\n`);
  expect(stage).toContain(`EXPOSE ${exposedPorts.join(' ')}\n`);
  for (const [variable, value] of Object.entries(env)) expect(stage).toContain(`${variable}=${value}`);
});
