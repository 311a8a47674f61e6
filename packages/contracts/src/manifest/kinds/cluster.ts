import type { ClusterSpec } from '@signalbox/domain';
import type { z } from 'zod';
import { byteQuantity, formatByteQuantity } from '../byte-quantity.ts';
import { exactlyOne } from '../exactly-one.ts';
import { fields, listOf, orNull, text, withDefault } from '../fields.ts';
import { defineKind, read } from '../kind-contract.ts';
import { dnsLabel } from '../names.ts';
import { withoutNulls } from '../without-nulls.ts';

const gpu = fields({
  product: text('a GPU product such as NVIDIA-L40S', { max: 63 }),
  memory: orNull(byteQuantity),
}).transform(({ product, memory }) => ({ product, memoryBytes: memory }));

const local = fields({ gpus: withDefault(listOf(gpu, 'GPUs'), []) });

const kubernetes = fields({
  kubeconfig: orNull(text('the path of a kubeconfig file')),
  context: orNull(text('the name of a context in the kubeconfig')),
  namespace: dnsLabel('the name of a namespace'),
});

const spec = exactlyOne({ local, kubernetes }, 'a map with local or kubernetes', (chosen): ClusterSpec => {
  if (chosen.kind === 'local') return { adapter: 'local', ...chosen.value };
  return { adapter: 'kubernetes', ...chosen.value };
});

export const clusterKind = defineKind({
  kind: 'Cluster',
  description: 'A place where replicas run: a Kubernetes cluster, or the local machine',
  spec,
  complete: read,
  render: renderCluster,
});

function renderCluster(cluster: ClusterSpec): z.input<typeof spec> {
  if (cluster.adapter === 'kubernetes') {
    const { namespace, kubeconfig, context } = cluster;
    return { kubernetes: { namespace, ...withoutNulls({ kubeconfig, context }) } };
  }
  const gpus = cluster.gpus.map(({ product, memoryBytes }) =>
    memoryBytes === null ? { product } : { product, memory: formatByteQuantity(memoryBytes) },
  );
  return { local: gpus.length === 0 ? {} : { gpus } };
}
