import { text } from './fields.ts';

/** Workload names are made from them, with project and revision, and must fit into 63 characters. */
export const LONGEST_DEPLOYMENT_NAME = 40;

const ends = 'starting and ending with a letter or digit';
const letters = `lower-case letters, digits and "-", ${ends}`;
const dottedLetters = `lower-case letters, digits, "-" and ".", ${ends}`;
const label = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
const dotted = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/;

export function dnsLabel(what: string, max = 63) {
  return text(`${what}: at most ${max} characters of ${letters}`, { pattern: bounded(label, max) });
}

/** Models are called `llama-3.1-8b-instruct`: dots are allowed. */
export function dottedName(what: string, max = 63) {
  return text(`${what}: at most ${max} characters of ${dottedLetters}`, { pattern: bounded(dotted, max) });
}

export const deploymentName = dnsLabel('the name of a deployment', LONGEST_DEPLOYMENT_NAME);
export const clusterName = dnsLabel('the name of a cluster');
export const poolName = dnsLabel('the name of a pool');
export const modelName = dottedName('the name of a model');

export const versionName = text(
  'a version: at most 63 lower-case letters, digits, "." and "-", not starting with a sign',
  {
    pattern: /^[a-z0-9][a-z0-9.-]{0,62}$/,
  },
);

/** What callers put into `model`: hubs use slashes and capitals there. */
export const publicModelName = text('a public model name: at most 128 letters, digits, ".", "_", "/" and "-"', {
  pattern: /^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$/,
});

export const secretName = dottedName('the name of a secret in the cluster', 253);

export const httpToken = text('a name of letters, digits and signs such as "-" and "_"', {
  pattern: /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/,
  max: 100,
});

export const digest = text('a digest: sha256: and 64 hex digits', { pattern: /^sha256:[0-9a-f]{64}$/ });

export const imageReference = text('an image reference such as registry.example/team/image:tag', {
  pattern:
    /^[a-z0-9][a-z0-9._-]*(:\d{1,5})?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(@sha256:[0-9a-f]{64})?$/,
  max: 500,
});

/** Within the JSON Schema too, so that editors know the bound. */
function bounded(pattern: RegExp, max: number): RegExp {
  return new RegExp(`^(?=.{1,${max}}$)${pattern.source.slice(1)}`);
}
