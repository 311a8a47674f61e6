import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Cluster, ObservedReplica, WorkloadSpec } from '@signalbox/domain';
import { silentLogger, systemClock } from '@signalbox/runtime';
import { aSimulatedSpec, aWorkload } from '../conformance-workload.ts';
import { createLocalCluster, type LocalClusterOptions } from './local-cluster.ts';
import { stopLocalReplicas } from './stop-replicas.ts';

const here = dirname(fileURLToPath(import.meta.url));
const simulatedEngine = join(here, '../../../testkit/src/simulated-engine/main.ts');
const patienceMs = 20_000;

let stateDir: string;
let open: Cluster[];

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'signalbox-keeping-'));
  open = [];
});

afterEach(async () => {
  await Promise.all(open.map((cluster) => cluster.close()));
  await stopLocalReplicas({ stateDir, withinMs: 1_000, clock: systemClock, log: silentLogger });
  await rm(stateDir, { recursive: true });
});

function openCluster(options: Partial<LocalClusterOptions> = {}): Cluster {
  const cluster = createLocalCluster({
    stateDir,
    gpus: [],
    env: { PATH: '/usr/bin:/bin', DATABASE_URL: 'postgres://secret' },
    programs: { node: process.execPath, simulatedEngine },
    clock: systemClock,
    log: silentLogger,
    ...options,
  });
  open.push(cluster);
  return cluster;
}

function engine(args: readonly string[] = []): WorkloadSpec {
  return aSimulatedSpec({ image: '', program: [], localProgram: ['node', '{simulatedEngine}'], arguments: args });
}

/** A program of one line, in place of the engine. */
function script(source: string): WorkloadSpec {
  return { ...engine(), localCommand: ['node', '-e', source] };
}

async function until<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) throw new Error(`${what}: not in time`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

async function replicas(cluster: Cluster): Promise<readonly ObservedReplica[]> {
  const reading = await cluster.observe();
  if (reading.kind === 'unknown') throw new Error(reading.because);
  return reading.value.workloads.flatMap((workload) => workload.replicas);
}

function untilAll(
  cluster: Cluster,
  count: number,
  phase: ObservedReplica['phase'],
): Promise<readonly ObservedReplica[]> {
  return until(`${count} replicas are ${phase}`, async () => {
    const seen = await replicas(cluster);
    return seen.length === count && seen.every((replica) => replica.phase === phase) ? seen : undefined;
  });
}

async function recorded(id: string) {
  return JSON.parse(await readFile(join(stateDir, 'replicas', `${id}.json`), 'utf8'));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

jest.setTimeout(patienceMs * 3);

describe('replicas of the local cluster', () => {
  test('survive a kill -9 of the control plane, and the next one finds the same ones', async () => {
    const program = join(here, 'testing/control-plane.ts');
    const first = spawn(process.execPath, [program, stateDir, simulatedEngine], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(first.stdout, 'data');
    const pids = await Promise.all(
      (await readdir(join(stateDir, 'replicas'))).map(
        async (file) => (await recorded(file.slice(0, -5))).state.process.pid,
      ),
    );
    first.kill('SIGKILL');
    await once(first, 'exit');
    expect(pids.map(isRunning)).toEqual([true, true]);
    const cluster = openCluster();
    const [one] = await untilAll(cluster, 2, 'ready');
    expect((await fetch(`http://${one?.address}/health`)).status).toBe(200);
    const again = await Promise.all(
      (await replicas(cluster)).map(async ({ id }) => (await recorded(id)).state.process.pid),
    );
    expect(again.sort()).toEqual(pids.sort());
    // And it keeps them: the lock of the dead one does not stand in its way.
    process.kill(pids[0], 'SIGKILL');
    await until('the dead one is started again', async () =>
      (await replicas(cluster)).some(({ restarts, phase }) => restarts === 1 && phase === 'ready') ? true : undefined,
    );
  });

  test('are kept by one of two control planes, and by the other once that is gone', async () => {
    const first = openCluster();
    await first.apply(aWorkload('shared', engine()), 1);
    const [replica] = await untilAll(first, 1, 'ready');
    const second = openCluster();
    expect(await replicas(second)).toEqual([replica]);
    // Recorded by the one that does not keep, done by the one that does.
    await second.apply(aWorkload('shared', engine()), 2);
    await untilAll(second, 2, 'ready');
    expect((await readdir(stateDir)).filter((name) => name.endsWith('.lock'))).toHaveLength(1);
    await first.close();
    process.kill((await recorded(replica?.id ?? '')).state.process.pid, 'SIGKILL');
    await until('the second one starts it again', async () =>
      (await replicas(second)).some(({ restarts, phase }) => restarts === 1 && phase === 'ready') ? true : undefined,
    );
  });

  test('are not mistaken for a stranger that was given their pid', async () => {
    const first = openCluster();
    await first.apply(aWorkload('reused', engine()), 1);
    const [replica] = await untilAll(first, 1, 'ready');
    await first.close();
    const record = await recorded(replica?.id ?? '');
    process.kill(record.state.process.pid, 'SIGKILL');
    // This very process has the pid now: it must neither pass for the replica nor be ended.
    record.state.process.pid = process.pid;
    await writeFile(join(stateDir, 'replicas', `${replica?.id}.json`), JSON.stringify(record));
    const second = openCluster();
    const [after] = await until('it is started again', async () => {
      const seen = await replicas(second);
      return seen[0]?.restarts === 1 && seen[0].phase === 'ready' ? seen : undefined;
    });
    expect(after?.id).toBe(replica?.id);
  });

  test('go on when the file of their workload is unreadable, which is set aside', async () => {
    const cluster = openCluster();
    await cluster.apply(aWorkload('torn', engine()), 1);
    const before = await untilAll(cluster, 1, 'ready');
    await writeFile(join(stateDir, 'workloads', 'torn.json'), '{"format":1,"work');
    const problem = await until('the loss is told', async () => {
      const reading = await cluster.observe();
      return reading.kind === 'known' ? (reading.value.workloads[0]?.problem ?? undefined) : undefined;
    });
    expect(problem).toContain('lost');
    expect(await replicas(cluster)).toEqual(before);
    await until('it was set aside', async () =>
      (await readdir(join(stateDir, 'workloads'))).includes('torn.json.corrupt') ? true : undefined,
    );
    expect(await cluster.apply(aWorkload('torn', engine()), 1)).toEqual({ kind: 'created' });
    expect(await replicas(cluster)).toEqual(before);
  });

  test('make room for another when their own file is unreadable', async () => {
    const cluster = openCluster();
    await cluster.apply(aWorkload('lost', engine()), 1);
    const [before] = await untilAll(cluster, 1, 'ready');
    const { pid } = (await recorded(before?.id ?? '')).state.process;
    await writeFile(join(stateDir, 'replicas', `${before?.id}.json`), 'garbage');
    const [after] = await until('another one is ready', async () => {
      const seen = await replicas(cluster);
      return seen[0]?.phase === 'ready' && seen[0].id !== before?.id ? seen : undefined;
    });
    expect(after?.address).not.toBe(before?.address);
    await until('the one without a record has gone', async () => (isRunning(pid) ? undefined : true));
  });

  test('are ended when they do not leave within their drain', async () => {
    const stubborn = script(
      `process.on('SIGTERM', () => console.log('no')); require('http').createServer((_, r) => r.end()).listen({port}, '{host}')`,
    );
    const cluster = openCluster();
    const workload = aWorkload('stubborn', { ...stubborn, drain: { preStopDelaySeconds: 0, timeoutSeconds: 0 } });
    await cluster.apply(workload, 1);
    const [replica] = await untilAll(cluster, 1, 'ready');
    const { pid } = (await recorded(replica?.id ?? '')).state.process;
    await cluster.remove(workload);
    await untilAll(cluster, 1, 'stopping');
    await until('it was asked first', async () =>
      (await cluster.logs(workload, replica?.id ?? ('' as never), 1)).includes('no') ? true : undefined,
    );
    await until('the workload is gone', async () => ((await replicas(cluster)).length === 0 ? true : undefined));
    expect(isRunning(pid)).toBe(false);
  });

  test('keep their workers until they have drained', async () => {
    const told = join(stateDir, 'told');
    const engine = `
      const worker = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)']);
      let state = 'kept';
      worker.on('exit', () => { state = 'lost'; });
      const leave = () => { require('fs').writeFileSync(${JSON.stringify(told)}, state); process.exit(); };
      process.on('SIGTERM', () => setTimeout(leave, 500));
      require('http').createServer((_, r) => r.end()).listen({port}, '{host}');`;
    const cluster = openCluster();
    const workload = aWorkload('drains', {
      ...script(engine),
      drain: { preStopDelaySeconds: 0, timeoutSeconds: 10 },
    });
    await cluster.apply(workload, 1);
    await untilAll(cluster, 1, 'ready');
    await cluster.remove(workload);
    await until('the workload is gone', async () => ((await replicas(cluster)).length === 0 ? true : undefined));
    expect(await readFile(told, 'utf8')).toBe('kept');
  });

  test('take what they started with them', async () => {
    const cluster = openCluster();
    const worker = "require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'])";
    await cluster.apply(
      aWorkload(
        'leader',
        script(`console.log(${worker}.pid); process.exitCode = 3; setTimeout(() => process.exit(), 300)`),
      ),
      1,
    );
    const worked = await until('its worker is known', async () => {
      const [replica] = await replicas(cluster);
      const pid = replica?.reason?.match(/^the engine exited with code 3: (\d+)$/)?.[1];
      return pid === undefined ? undefined : Number(pid);
    });
    await until('the worker is gone', async () => (isRunning(worked) ? undefined : true));
  });

  test('get the environment that engines need, and nothing of the control plane', async () => {
    const cluster = openCluster({ gpus: [{ product: 'A' }, { product: 'B' }] });
    const spec = script('console.log(JSON.stringify(process.env))');
    const workload = aWorkload('environment', {
      ...spec,
      env: { WHERE: '{host}:{port}' },
      accelerator: { count: 1, resource: 'nvidia.com/gpu' },
      secretEnv: [{ name: 'HF_TOKEN', secret: 'hub', key: 'token' }],
    });
    const placement = {
      pools: [{ pool: 'b', gpuProduct: 'b', nodeSelector: {}, tolerations: [] }],
      spread: 'none',
    } as const;
    await cluster.apply({ ...workload, placement }, 1);
    const [waiting] = await untilAll(cluster, 1, 'failing');
    expect(waiting?.reason).toContain('secret "hub" has no key "token"');
    await mkdir(join(stateDir, 'secrets/hub'), { recursive: true });
    await writeFile(join(stateDir, 'secrets/hub/token'), 'hf_abc\n');
    const line = await until('it printed its environment', async () => {
      const [seen] = await replicas(cluster);
      return seen === undefined ? undefined : (await cluster.logs(workload, seen.id, 1))[0];
    });
    const env = JSON.parse(line);
    expect(env).toMatchObject({ HF_TOKEN: 'hf_abc', CUDA_VISIBLE_DEVICES: '1', PATH: '/usr/bin:/bin' });
    expect(env.WHERE).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(env).not.toHaveProperty('DATABASE_URL');
  });

  test('fail with a clear reason when their program is not there', async () => {
    const cluster = openCluster();
    await cluster.apply(aWorkload('absent', { ...engine(), localCommand: ['vllm-that-is-not-there', 'serve'] }), 1);
    const [replica] = await untilAll(cluster, 1, 'failing');
    expect(replica?.reason).toBe('program "vllm-that-is-not-there" was not found: is it installed and on the PATH?');
  });

  test('are ended and started again when they stop to answer their liveness probe', async () => {
    const cluster = openCluster();
    const source = `let served = 0; require('http').createServer((_, r) => { if (++served < 3) r.end() }).listen({port}, '{host}')`;
    const probe = { path: '/', periodSeconds: 0.1, timeoutSeconds: 0.2, failureThreshold: 2 };
    const workload = aWorkload('hung', {
      ...script(source),
      probes: { startup: probe, readiness: probe, liveness: probe },
    });
    await cluster.apply(workload, 1);
    const [replica] = await until('it was started again', async () => {
      const seen = await replicas(cluster);
      return (seen[0]?.restarts ?? 0) > 0 ? seen : undefined;
    });
    expect(replica?.restarts).toBeGreaterThan(0);
  });

  test('log into a file that does not grow without bound', async () => {
    const cluster = openCluster();
    const workload = aWorkload('wordy', engine());
    await cluster.apply(workload, 1);
    const [replica] = await untilAll(cluster, 1, 'ready');
    const file = join(stateDir, 'logs', `${replica?.id}.log`);
    await appendFile(file, `${'x'.repeat(100)}\n`.repeat(110_000));
    await appendFile(file, 'the last words\n');
    // The keeper looks at log sizes when it begins, and every ten seconds after.
    await cluster.close();
    const again = openCluster();
    await until('the log was cut', async () => ((await readFile(file)).length < 1_000 ? true : undefined));
    expect(await again.logs(workload, replica?.id ?? ('' as never), 2)).toEqual(['x'.repeat(100), 'the last words']);
  });
});
