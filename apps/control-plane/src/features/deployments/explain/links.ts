import { isActive } from '@signalbox/domain';
import { namesOf } from '../revision-names.ts';
import { ago, type ExplainWorld, type Link } from './explain-world.ts';

export function specLink({ world }: ExplainWorld): Link {
  const { deployment } = world;
  const { spec } = deployment;
  const lines = [
    `${spec.model} ${spec.version} on ${spec.engine.name} ${spec.engine.version}, by ${deployment.author}`,
  ];
  if (deployment.deletedAt === null) return { name: 'spec', state: 'ok', title: 'What is wanted', lines, advice: null };
  const advice = 'It is being deleted. Apply its manifest again once it is gone.';
  return { name: 'spec', state: 'broken', title: 'What is wanted', lines: [...lines, 'deleted'], advice };
}

export function revisionLink({ world }: ExplainWorld): Link {
  const wanted = world.revisions.find(({ id }) => id === world.deployment.specRevisionId);
  const title = 'The revision made from it';
  if (wanted === undefined) {
    return { name: 'revision', state: 'broken', title, lines: ['there is none'], advice: 'Apply the manifest again.' };
  }
  const lines = [`revision ${wanted.number}, workload ${wanted.workloadName}, image ${wanted.workload.image}`];
  return { name: 'revision', state: 'ok', title, lines, advice: null };
}

export function rolloutLink(inputs: ExplainWorld): Link {
  const { world, rollouts, now } = inputs;
  const title = 'The rollout to it';
  const [last] = rollouts;
  if (last === undefined) {
    const advice = 'Controllers have not started it. Is a control plane with the role controllers running?';
    return {
      name: 'rollout',
      state: 'broken',
      title,
      lines: ['none was started', ...controllerTrouble(inputs)],
      advice,
    };
  }
  const { status, rollout } = last;
  const to = namesOf(world.revisions)(rollout.toRevisionId);
  const lines = [
    `to revision ${to?.revision ?? '?'}: ${status.phase}${status.paused ? ', paused' : ''}, ${ago(status.updatedAt, now)}`,
    status.detail.message,
    ...(status.detail.because === null ? [] : [`because ${status.detail.because}`]),
    ...controllerTrouble(inputs),
  ].filter((line) => line !== '');
  const { state, advice } = judgeRollout(inputs);
  return { name: 'rollout', state, title, lines, advice };
}

function judgeRollout({ world, rollouts }: ExplainWorld): Pick<Link, 'state' | 'advice'> {
  const name = world.deployment.name;
  const status = rollouts[0]?.status;
  if (status === undefined) return { state: 'broken', advice: null };
  if (status.paused) return { state: 'waiting', advice: `signalbox rollout resume ${name}, or abort` };
  if (isActive(status.phase)) return { state: 'waiting', advice: null };
  if (status.phase === 'completed') return { state: 'ok', advice: null };
  const serves = (world.traffic?.split ?? []).length > 0;
  const advice = `The wanted revision was not kept. See: signalbox rollout history ${name}`;
  return { state: serves ? 'ok' : 'broken', advice: serves ? null : advice };
}

function controllerTrouble({ reconciles, now }: ExplainWorld): string[] {
  return reconciles
    .filter(({ outcome }) => outcome === 'retrying' || outcome === 'terminal')
    .map(({ controller, outcome, failures, lastError, at }) => {
      const verb = outcome === 'terminal' ? 'gave up' : `fails and tries again (${failures} times)`;
      return `controller ${controller} ${verb}, ${ago(at, now)}: ${lastError ?? 'no reason given'}`;
    });
}

export function clusterLink({ world, clusterName, now }: ExplainWorld): Link {
  const title = 'Its cluster';
  const silent = world.clusterStatuses.find(({ reachable }) => !reachable);
  const [seen] = world.clusterStatuses;
  const troubles = world.workloadStatuses.flatMap(({ problem, drift }) => [
    ...(problem === null ? [] : [problem]),
    ...drift.map((line) => `changed by someone else: ${line}`),
  ]);
  if (silent !== undefined) {
    const lines = [`${clusterName} does not answer, since ${ago(silent.since, now)}: ${silent.message ?? 'no reason'}`];
    const advice = 'What runs goes on serving. Check the network and the credentials of the cluster.';
    return { name: 'cluster', state: 'unknown', title, lines, advice };
  }
  if (seen === undefined) {
    return { name: 'cluster', state: 'unknown', title, lines: [`${clusterName} was not looked at yet`], advice: null };
  }
  const state = world.workloadStatuses.some(({ problem }) => problem !== null) ? 'broken' : 'ok';
  const advice = state === 'broken' ? 'The cluster refuses the workload; its words are above.' : null;
  return {
    name: 'cluster',
    state,
    title,
    lines: [`${clusterName} answers, ${ago(seen.observedAt, now)}`, ...troubles],
    advice,
  };
}
