import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { run } from './run.ts';
import { type Answers, aWorld } from './testing/a-world.ts';
import * as answers from './testing/answers.ts';
import type { World } from './world.ts';

/** What people see, on file, so that a change of it is seen in review. Renew with UPDATE_GOLDEN=1. */
const folder = fileURLToPath(new URL('../golden/', import.meta.url));
const isUpdate = process.env.UPDATE_GOLDEN === '1';

const chat = '/v1/deployments/chat';
const page = (...items: readonly unknown[]) => ({ items, nextCursor: null });
const deployments = { 'GET /v1/deployments': page(answers.deployment, answers.idle) };
const aboutChat = {
  [`GET ${chat}`]: answers.deployment,
  [`GET ${chat}/replicas`]: answers.replicas,
  [`GET ${chat}/revisions`]: answers.revisions,
};
const terminal = { stdin: false, stdout: true, stderr: false, columns: 100 };

const table: Record<string, { argv: string; answers?: Answers; world?: Partial<World> }> = {
  help: { argv: '--help' },
  'help-apply': { argv: 'apply --help' },
  'unknown-command': { argv: 'aply' },
  'unknown-kind': { argv: 'get deploymints' },
  'get-deployments': { argv: 'get deployments', answers: deployments },
  'get-deployments-wide': { argv: 'get deploy -o wide', answers: deployments },
  'get-deployments-name': { argv: 'get d -o name', answers: deployments },
  'get-deployments-colour': { argv: 'get deployments', answers: deployments, world: { terminal } },
  'get-deployment-yaml': { argv: 'get deployment/chat -o yaml', answers: aboutChat },
  'get-none': { argv: 'get routes -p search -l team=x', answers: { 'GET /v1/routes': page() } },
  'get-routes-wide': { argv: 'get routes -o wide', answers: { 'GET /v1/routes': page(answers.route) } },
  'describe-route': { argv: 'describe route chat', answers: { 'GET /v1/routes/chat': answers.route } },
  'get-clusters': { argv: 'get clusters', answers: { 'GET /v1/clusters': page(answers.cluster) } },
  'describe-deployment': { argv: 'describe deployment chat', answers: aboutChat },
  'describe-cluster': { argv: 'describe cluster local', answers: { 'GET /v1/clusters/local': answers.cluster } },
  versions: {
    argv: 'versions llama -o wide',
    answers: { 'GET /v1/models/llama/versions': page(answers.modelVersion) },
  },
  export: { argv: 'export mv', answers: { 'GET /v1/model-versions': page(answers.modelVersion) } },
  'rollout-status': { argv: 'rollout status chat', answers: { [`GET ${chat}/rollout`]: answers.rollout } },
  'rollout-explain': { argv: 'rollout explain chat', answers: { [`GET ${chat}/rollout`]: answers.rollout } },
  'rollout-history': {
    argv: 'rollout history chat',
    answers: { [`GET ${chat}/rollouts`]: answers.rollouts, [`GET ${chat}/revisions`]: answers.revisions },
  },
  explain: { argv: 'explain chat', answers: { [`GET ${chat}/explain`]: answers.explanation } },
  'explain-request': {
    argv: 'explain request req-17',
    answers: { 'GET /v1/usage/requests/req-17': { items: [answers.requestUsage] } },
  },
  'explain-request-unexplained': {
    argv: 'explain request req-17',
    answers: { 'GET /v1/usage/requests/req-17': { items: [{ ...answers.requestUsage, routing: null }] } },
  },
  usage: { argv: 'usage --by key,version', answers: { 'GET /v1/usage': answers.usage } },
  'usage-unknown-group': { argv: 'usage --by model' },
  'help-usage': { argv: 'usage --help' },
  top: {
    argv: 'top',
    answers: { ...aboutChat, 'GET /v1/gateways': answers.gateways, 'GET /v1/deployments': page(answers.deployment) },
  },
  'apply-plan': { argv: 'plan -f -', answers: { 'POST /v1/apply': { ...answers.applied, dryRun: true } } },
  apply: { argv: 'apply -f -', answers: { 'POST /v1/apply': answers.applied } },
  'apply-invalid': { argv: 'apply -f -', answers: { 'POST /v1/apply': answers.manifestProblem } },
  rollback: { argv: 'rollback chat', answers: { [`POST ${chat}/rollback`]: answers.moved } },
  'rollback-unacknowledged': {
    argv: 'rollback chat',
    answers: {
      [`POST ${chat}/rollback`]: {
        ...answers.moved,
        acknowledgedMs: null,
        gateways: [...answers.moved.gateways, { id: 'gw-b', acknowledgedMs: null }],
      },
    },
  },
  diff: {
    argv: 'diff chat',
    answers: {
      [`GET ${chat}/revisions`]: answers.revisions,
      [`GET ${chat}/diff`]: {
        from: 1,
        to: 2,
        spec: [{ path: 'spec.version', from: 'v1', to: 'v2' }],
        workload: [{ path: 'args', from: ['a'], to: ['a', 'b'] }],
        sameReplicas: false,
      },
    },
  },
  'keys-list': { argv: 'keys list', answers: { 'GET /v1/keys': page(answers.key) } },
  'keys-describe': { argv: 'keys describe bot', answers: { 'GET /v1/keys': page(answers.key) } },
  'keys-describe-none': { argv: 'keys describe bat', answers: { 'GET /v1/keys': page(answers.key) } },
  'keys-bad-limit': { argv: 'keys create bot --limit token/minute=5' },
  'keys-create': { argv: 'keys create bot', answers: { 'POST /v1/keys': { ...answers.key, key: 'sbk_ab12cd' } } },
  'keys-create-replayed': { argv: 'keys create bot', answers: { 'POST /v1/keys': { ...answers.key, key: null } } },
  'ledger-list': { argv: 'ledger list', answers: { 'GET /v1/ledger': page(answers.ledgerEntry) } },
  'ledger-verify': {
    argv: 'ledger verify',
    answers: {
      'GET /v1/ledger/verify': {
        intact: false,
        checked: 40,
        broken: { project: 'default', seq: 9, message: 'its hash does not follow' },
        heads: [],
      },
    },
  },
  'config-view': { argv: 'config view' },
};

describe('what the program prints', () => {
  test.each(Object.keys(table))('%s', async (name) => {
    const { argv, answers: given = {}, world: overrides = {} } = table[name] ?? { argv: '' };
    const { world, out, error } = aWorld(given, overrides);
    const code = await run(argv.split(' '), world);
    const printed = `$ signalbox ${argv}\n${out()}${error() === '' ? '' : `--- stderr\n${error()}`}--- exit code ${code}\n`;
    const file = `${folder}${name}.txt`;
    if (isUpdate) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(file, printed);
    }
    expect(printed).toBe(readFileSync(file, 'utf8'));
  });

  test('has a case for every file', () => {
    expect(readdirSync(folder).sort()).toEqual(
      Object.keys(table)
        .map((name) => `${name}.txt`)
        .sort(),
    );
  });
});
