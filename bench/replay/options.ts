import { parseArgs } from 'node:util';

export const usage = `npm run replay -- --trace azure2023/conv [options]

  --trace NAME|FILE     of bench/traces, or any CSV or JSONL of the known shapes
  --speed N             so many times faster than it was recorded (20)
  --scale-tokens N      prompt and output lengths times this (0.1)
  --stream-share N      share of requests that are streamed (0.5)
  --seed N              which those are (1)
  --minutes N           how long; else one pass of the trace, and until all acts are over. A trace that ends begins again
  --requests N          at most so many
  --canary, --chaos     only these acts: canary, promote, rollback; kill -9 of a replica and of the control plane.
                        Both unless one is named
  --calm                neither
  --json FILE           everything that was measured

Against an installation that runs already, instead of one of its own with simulated engines:
  --gateway-url URL --key KEY --model NAME       where to send
  --admin-url URL                                the gateway's /metrics, for the cross-check
  --url URL --token TOKEN --deployment NAME --from VERSION --to VERSION      for the canary; nothing is killed there`;

export class UsageError extends Error {}

export interface ReplayOptions {
  trace: string;
  speed: number;
  scaleTokens: number;
  streamShare: number;
  seed: number;
  minutes: number | undefined;
  requests: number;
  acts: { canary: boolean; chaos: boolean };
  json: string | undefined;
  /** Undefined: an installation of its own. */
  gateway: { url: string; key: string | undefined; model: string; adminUrl: string | undefined } | undefined;
  controlPlane: { url: string; token: string; deployment: string; from: string; to: string } | undefined;
}

const texts = ['trace', 'json', 'gateway-url', 'key', 'model', 'admin-url', 'url', 'token', 'deployment', 'from', 'to'];
const numbers = ['speed', 'scale-tokens', 'stream-share', 'seed', 'minutes', 'requests'];
const flags = ['canary', 'chaos', 'calm', 'help'];

export function readOptions(argv: readonly string[]): ReplayOptions | 'help' {
  const values = parsed(argv);
  if (values.help === true) return 'help';
  const number = (name: string, usual: number): number => positive(name, values[name], usual);
  const text = (name: string): string | undefined => values[name] as string | undefined;
  const gatewayUrl = text('gateway-url');
  const named = values.canary === true || values.chaos === true;
  const ours = gatewayUrl === undefined;
  const acts =
    values.calm === true
      ? { canary: false, chaos: false }
      : chosen(values, named, ours || values.url !== undefined, ours);
  return {
    trace: text('trace') ?? 'azure2023/conv',
    speed: number('speed', 20),
    scaleTokens: number('scale-tokens', 0.1),
    streamShare: number('stream-share', 0.5),
    seed: number('seed', 1),
    minutes: values.minutes === undefined ? undefined : number('minutes', 1),
    requests: number('requests', Number.POSITIVE_INFINITY),
    acts,
    json: text('json'),
    gateway: ours
      ? undefined
      : { url: gatewayUrl, key: text('key'), model: text('model') ?? 'chat', adminUrl: text('admin-url') },
    controlPlane: acts.canary && !ours ? controlPlaneOf(text) : undefined,
  };
}

type Values = Record<string, string | boolean | undefined>;

function chosen(values: Values, named: boolean, canCanary: boolean, canChaos: boolean) {
  if (values.chaos === true && !canChaos) throw new UsageError('--chaos kills only what the replay itself started');
  if (values.canary === true && !canCanary) throw new UsageError('--canary needs --url, --token, --from and --to');
  return {
    canary: named ? values.canary === true : canCanary,
    chaos: named ? values.chaos === true : canChaos,
  };
}

function parsed(argv: readonly string[]): Values {
  const options = Object.fromEntries([
    ...[...texts, ...numbers].map((name) => [name, { type: 'string' as const }]),
    ...flags.map((name) => [name, { type: 'boolean' as const }]),
  ]);
  try {
    return parseArgs({ args: [...argv], options, strict: true }).values as Values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function positive(name: string, given: string | boolean | undefined, usual: number): number {
  if (given === undefined) return usual;
  const value = Number(given);
  if (!(value >= 0) || (value === 0 && name !== 'stream-share' && name !== 'seed'))
    throw new UsageError(`--${name} wants a positive number, not ${String(given)}`);
  return value;
}

function controlPlaneOf(text: (name: string) => string | undefined) {
  const need = (name: string): string => {
    const value = text(name);
    if (value === undefined) throw new UsageError(`--canary against a given installation needs --${name}`);
    return value;
  };
  const deployment = text('deployment') ?? 'chat';
  return { url: need('url'), token: need('token'), deployment, from: need('from'), to: need('to') };
}
