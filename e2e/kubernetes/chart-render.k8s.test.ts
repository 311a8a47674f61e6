import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { loadAllYaml } from '@kubernetes/client-node';
import { parseManifests } from '@signalbox/contracts';
import { readEnv as readControlPlaneEnv } from '../../apps/control-plane/src/env.ts';
import { readEnv as readGatewayEnv } from '../../apps/gateway/src/env.ts';
import { chartFolder, helm, setValues, type Values } from './chart.ts';
import { chartInstallations } from './chart-installations.ts';

/** What the chart makes of its values, on file. Renew with UPDATE_GOLDEN=1. Needs helm, but asks no cluster. */
const golden = path.join(import.meta.dirname, 'golden');
const isUpdate = process.env.UPDATE_GOLDEN === '1';

const given: Values = { database: { existingSecret: { name: 'x' } } };

describe('the chart', () => {
  test.each(Object.entries(chartInstallations))('renders %s as the file says', async (name, values) => {
    const rendered = withoutRandom(await render(values));
    const file = path.join(golden, `${name}.yaml`);
    if (isUpdate) {
      mkdirSync(golden, { recursive: true });
      writeFileSync(file, rendered);
    }
    expect(rendered).toBe(readFileSync(file, 'utf8'));
  });

  test('passes helm’s own lint', async () => {
    expect(await helm('lint', '--strict', chartFolder, ...setValues(given))).toContain('0 chart(s) failed');
  });

  test('gives every pod an unprivileged user, a read-only root and no privileges', async () => {
    for (const pod of podSpecs(await render(chartInstallations.trial ?? {}))) {
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
      for (const { securityContext } of pod.containers) {
        expect(securityContext).toMatchObject({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
      }
    }
  });

  test('gives a gateway time to linger and to drain before it is killed', async () => {
    const slow = { ...given, gateway: { lingerSeconds: 20, drainSeconds: 600 } };
    const graces = podSpecs(await render(slow)).map(
      ({ terminationGracePeriodSeconds }) => terminationGracePeriodSeconds,
    );
    expect(Math.max(...graces)).toBe(20 + 600 + 15);
  });

  test.each([
    { program: 'control-plane', readEnv: readControlPlaneEnv },
    { program: 'gateway', readEnv: readGatewayEnv },
  ])('gives the $program settings that it knows, of values that it takes', async ({ program, readEnv }) => {
    const pods = podSpecs(await render(chartInstallations.everything ?? {}));
    const { env = [] } = pods.flatMap(({ containers }) => containers).find(({ name }) => name === program) ?? {};
    const own = env.filter(({ name }) => name.startsWith('SIGNALBOX_'));
    const settings = Object.fromEntries(own.map(({ name, value = 'postgres://given' }) => [name, value]));
    const taken = readEnv({ ...settings, SIGNALBOX_GATEWAY_ID: 'gateway-0' });
    expect(Object.keys(taken)).toEqual(expect.arrayContaining(Object.keys(settings)));
  });

  test('says in its notes a manifest that can be applied', async () => {
    const said = await helm('install', 'sb', chartFolder, '--dry-run=client', ...setValues(given));
    const text = (/<<'END'\n([\s\S]*?)\n +END/.exec(said)?.[1] ?? '').replace(/^ {5}/gm, '');
    expect(parseManifests([{ file: 'notes', text }])).toMatchObject({
      kind: 'parsed',
      manifests: [{ kind: 'Cluster' }],
    });
  });

  test.each<{ name: string; values: Values; says: string }>([
    { name: 'no database', values: {}, says: 'The control plane needs a Postgres' },
    {
      name: 'two databases',
      values: { ...given, postgres: { trial: { enabled: true } } },
      says: 'Set only one of database.url, database.existingSecret.name and postgres.trial.enabled',
    },
    {
      name: 'gateways without a control plane',
      values: { controlPlane: { enabled: false } },
      says: 'gateway.controlPlaneUrl must say where the control plane is',
    },
    {
      name: 'gateways without their token',
      values: { controlPlane: { enabled: false }, gateway: { controlPlaneUrl: 'https://x' } },
      says: 'bootstrap.existingSecret.name must name a secret',
    },
    {
      name: 'a misspelt value',
      values: { ...given, gateway: { replica: 3 } },
      says: "properties 'replica' not allowed",
    },
    {
      name: 'a role that does not exist',
      values: { ...given, controlPlane: { roles: ['gateway'] } },
      says: '/roles/0',
    },
    { name: 'a database of another kind', values: { database: { url: 'mysql://x' } }, says: '/database/url' },
  ])('refuses $name and says what to do', async ({ values, says }) => {
    await expect(render(values)).rejects.toThrow(says);
  });
});

function render(values: Values): Promise<string> {
  return helm('template', 'sb', chartFolder, '--namespace', 'signalbox', ...setValues(values));
}

function withoutRandom(rendered: string): string {
  return rendered.replace(/^( {2}(?:admin-token|gateway-token|password|url)): \S+$/gm, '$1: <made or given>');
}

interface PodSpec {
  securityContext: unknown;
  terminationGracePeriodSeconds: number;
  containers: readonly { name: string; securityContext: unknown; env?: readonly { name: string; value?: string }[] }[];
}

function podSpecs(rendered: string): PodSpec[] {
  const objects: { spec?: { template?: { spec?: PodSpec } } }[] = loadAllYaml(rendered);
  const found = objects.flatMap((object) => object?.spec?.template?.spec ?? []);
  if (found.length === 0) throw new Error('nothing was rendered that has pods');
  return found;
}
