import type { HttpProbe, WeightsMount, Workload } from '@signalbox/domain';
import { fillAll, fillPlaceholders, type Placeholders } from '../placeholders.ts';
import type { PodSpec, PodTemplate } from './api-types.ts';
import { ownLabels, podSelector } from './ownership.ts';
import { renderPlacement } from './render-placement.ts';

export const containerName = 'engine';

/** From SIGTERM's last second to the end of the pod: the engine's own time to let go of its GPUs. */
const exitSeconds = 15;

type Container = PodSpec['containers'][number];
type Probe = NonNullable<Container['readinessProbe']>;

/** Why there can be no pod of this workload; null when there can. */
export function podRefusal({ spec }: Workload): string | null {
  if (spec.command.length === 0) return `engine "${spec.engine}" has no command to run in a container`;
  if (spec.weights.kind !== 'path') return null;
  return `weights at ${spec.weights.path} are on one machine: use a volume claim, an OCI artifact or a download`;
}

/** The pod of a workload. Golden files show what comes out. */
export function renderPod(workload: Workload, instance: string): PodTemplate {
  const { spec } = workload;
  const { preStopDelaySeconds, timeoutSeconds } = spec.drain;
  const volumes = renderVolumes(workload);
  return {
    metadata: {
      labels: ownLabels(workload, instance),
      annotations: {
        'signalbox.dev/model': workload.labels.model,
        'signalbox.dev/version': workload.labels.version,
      },
    },
    spec: {
      containers: [{ ...renderContainer(workload), volumeMounts: volumes.map(({ mount }) => mount) }],
      volumes: volumes.map(({ volume }) => volume),
      ...(spec.imagePullSecrets.length === 0
        ? {}
        : { imagePullSecrets: spec.imagePullSecrets.map((name) => ({ name })) }),
      terminationGracePeriodSeconds: preStopDelaySeconds + timeoutSeconds + exitSeconds,
      // A Service called `vllm` would hand every pod a VLLM_PORT, which the engine takes for its own setting.
      enableServiceLinks: false,
      automountServiceAccountToken: false,
      // No runAsNonRoot: the engines' own images run as root and write below /root.
      securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
      ...renderPlacement(workload, podSelector(workload.name, instance)),
    },
  };
}

function renderContainer({ spec }: Workload): Container {
  const { accelerator, resources, drain } = spec;
  // Devices come from the device plugin: naming them here would go around it.
  const placeholders: Placeholders = { host: '0.0.0.0', port: String(spec.port.containerPort), gpus: '' };
  const gpus = accelerator.count === 0 ? {} : { [accelerator.resource]: String(accelerator.count) };
  const memory = resources.memoryBytes === null ? {} : { memory: String(resources.memoryBytes) };
  const cpu = resources.cpu === null ? {} : { cpu: resources.cpu };
  return {
    name: containerName,
    image: spec.image,
    imagePullPolicy: 'IfNotPresent',
    // Exec form: the engine is the first process and gets SIGTERM itself.
    command: spec.command.map((argument) => fillPlaceholders(argument, placeholders)),
    env: [
      ...Object.entries(fillAll(spec.env, placeholders))
        // A name may be there once: server-side apply takes it for the key of the list.
        .filter(([name]) => !spec.secretEnv.some((secret) => secret.name === name))
        .map(([name, value]) => ({ name, value })),
      ...spec.secretEnv.map(({ name, secret, key }) => ({ name, valueFrom: { secretKeyRef: { name: secret, key } } })),
    ],
    ports: [
      { name: spec.port.name, containerPort: spec.port.containerPort },
      ...(spec.metrics.port === spec.port.containerPort ? [] : [{ name: 'metrics', containerPort: spec.metrics.port }]),
    ],
    // No CPU limit: throttling an engine's scheduler thread starves its GPU.
    resources: { requests: { ...cpu, ...memory, ...gpus }, limits: { ...memory, ...gpus } },
    startupProbe: renderProbe(spec.probes.startup),
    readinessProbe: renderProbe(spec.probes.readiness),
    livenessProbe: renderProbe(spec.probes.liveness),
    ...(drain.preStopDelaySeconds === 0
      ? {}
      : { lifecycle: { preStop: { sleep: { seconds: drain.preStopDelaySeconds } } } }),
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    // The last lines of a crashed engine's log come with the pod's status, also when its log is gone.
    terminationMessagePolicy: 'FallbackToLogsOnError',
  };
}

function renderProbe(probe: HttpProbe): Probe {
  const { path, periodSeconds, timeoutSeconds, failureThreshold } = probe;
  return { httpGet: { path, port: 'http' }, periodSeconds, timeoutSeconds, failureThreshold };
}

interface MountedVolume {
  volume: NonNullable<PodSpec['volumes']>[number];
  mount: NonNullable<Container['volumeMounts']>[number];
}

function renderVolumes({ spec }: Workload): readonly MountedVolume[] {
  const sizeLimit = String(spec.resources.sharedMemoryBytes);
  const sharedMemory = {
    // 64 MiB, the runtime's default, ends tensor-parallel engines with a bus error.
    volume: { name: 'shared-memory', emptyDir: { medium: 'Memory', sizeLimit } },
    mount: { name: 'shared-memory', mountPath: '/dev/shm' },
  };
  const weights = renderWeights(spec.weights);
  return [...(spec.resources.sharedMemoryBytes > 0 ? [sharedMemory] : []), ...(weights === null ? [] : [weights])];
}

function renderWeights(weights: WeightsMount): MountedVolume | null {
  const name = 'weights';
  switch (weights.kind) {
    case 'none':
      return null;
    case 'download':
      return { volume: { name, emptyDir: {} }, mount: { name, mountPath: weights.cachePath } };
    case 'volumeClaim': {
      const subPath = weights.path.replace(/^\/+|\/+$/g, '');
      return {
        volume: { name, persistentVolumeClaim: { claimName: weights.claim, readOnly: true } },
        mount: {
          name,
          mountPath: weights.mountPath,
          readOnly: true,
          ...(subPath === '' || subPath === '.' ? {} : { subPath }),
        },
      };
    }
    case 'image':
      return {
        volume: { name, image: { reference: weights.image, pullPolicy: 'IfNotPresent' } },
        mount: { name, mountPath: weights.mountPath, readOnly: true },
      };
    case 'path':
      // Refused before it comes here: a pod must not reach into its node's files.
      throw new Error('a local path has no place in a pod');
  }
}
