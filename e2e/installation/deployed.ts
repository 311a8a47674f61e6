import type { Client } from '@signalbox/client';
import type { ApiResponse } from '@signalbox/contracts';
import { until } from './until.ts';

export type Replica = ApiResponse<'listReplicas'>['items'][number];
export type Rollout = NonNullable<ApiResponse<'getRollout'>['rollout']>;
export type LedgerEntry = ApiResponse<'listLedger'>['items'][number];

/** One deployment as a story looks at it, through the public API. */
export interface Deployed {
  readonly name: string;
  status(): Promise<ApiResponse<'getDeployment'>['status']>;
  /** The rollout under way, or else the last. */
  rollout(): Promise<Rollout>;
  replicas(version?: string): Promise<readonly Replica[]>;
  serving(version: string): Promise<readonly Replica[]>;
  /** Newest first. */
  ledger(kind?: string): Promise<readonly LedgerEntry[]>;
  untilRollout(what: string, holds: (rollout: Rollout) => boolean): Promise<Rollout>;
  /** All traffic on this version, as many replicas serving, and no rollout under way. */
  untilServing(version: string, replicas?: number): Promise<void>;
  /** Tells every replica of the version what is wrong with its engine from now on. */
  setFaults(version: string, faults: Readonly<Record<string, unknown>>): Promise<void>;
}

const patient = { withinMs: 60_000 };

export function deployed(client: Client, name: string): Deployed {
  const params = { name };
  const status = async () => (await client.getDeployment({ params })).status;
  const replicas = async (version?: string) => {
    const { items } = await client.listReplicas({ params });
    return items.filter((replica) => version === undefined || replica.version === version);
  };
  const serving = async (version: string) =>
    (await replicas(version)).filter((replica) => replica.traffic === 'serving');
  const rollout = async () => {
    const found = (await client.getRollout({ params })).rollout;
    if (found === null) throw new Error(`${name} never had a rollout`);
    return found;
  };
  return {
    name,
    status,
    rollout,
    replicas,
    serving,
    ledger: async (kind) => {
      const query = { subject: name, limit: 200, ...(kind === undefined ? {} : { kind }) };
      return (await client.listLedger({ query })).items;
    },
    untilRollout: (what, holds) =>
      until(
        `the rollout of ${name}: ${what}`,
        async () => {
          const now = await rollout();
          if (holds(now)) return now;
          throw new Error(`it is ${now.phase}, step ${now.step.index + 1} of ${now.step.count}: ${now.message}`);
        },
        { ...patient, everyMs: 25 },
      ),
    untilServing: (version, wanted) =>
      until(
        `${name} serves ${version}`,
        async () => {
          const { split, rollout: last, phase } = await status();
          const ready = await serving(version);
          const whole = split.length === 1 && split[0]?.version === version;
          if (whole && last?.active !== true && (wanted === undefined ? ready.length > 0 : ready.length === wanted)) {
            return true;
          }
          const parts = split.map(({ version: part, percent }) => `${percent} % ${part}`).join(', ');
          throw new Error(`${phase}; traffic ${parts}; ${ready.length} of ${version} serve; ${last?.message}`);
        },
        patient,
      ).then(() => undefined),
    setFaults: async (version, faults) => {
      for (const { address } of await replicas(version)) {
        const body = JSON.stringify(faults);
        const headers = { 'content-type': 'application/json' };
        const response = await fetch(`http://${address}/simulated/faults`, { method: 'POST', headers, body });
        if (!response.ok) throw new Error(`the faults were refused: ${await response.text()}`);
      }
    },
  };
}
