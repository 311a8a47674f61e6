import type { Installation } from '../../installation/index.ts';

/** Everything that bad input could have changed, short enough to compare after each. */
export async function factsOf({ client, replicaPids }: Installation): Promise<unknown> {
  const newest = async (installation: 'true' | 'false') =>
    (await client.listLedger({ query: { installation, limit: 1 } })).items.map(({ seq, hash }) => ({ seq, hash }));
  const lists = await Promise.all([
    client.listProjects({}),
    client.listClusters({}),
    client.listPools({}),
    client.listModels({}),
    client.listModelVersions({}),
    client.listDeployments({}),
    client.listRoutes({}),
  ]);
  const objects = lists.flatMap(({ items }) =>
    items.map(({ kind, metadata: { name, version } }) => `${kind} ${name} @ ${version}`),
  );
  const named = ({ items }: { items: readonly { name: string; revokedAt: string | null }[] }) =>
    items.map(({ name, revokedAt }) => [name, revokedAt]);
  const gateways = (await client.listGateways()).items;
  return {
    ledger: [await newest('true'), await newest('false')],
    objects,
    keys: named(await client.listKeys({})),
    tokens: named(await client.listTokens({})),
    snapshots: gateways.map(({ applied, upToDate }) => ({ ...applied, upToDate })),
    replicas: replicaPids(),
  };
}
