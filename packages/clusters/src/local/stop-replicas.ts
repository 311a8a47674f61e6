import type { Clock, Logger } from '@signalbox/runtime';
import { newId } from '@signalbox/runtime';
import { KeeperLock } from './keeper-lock.ts';
import { askToLeave, signalGroup } from './launch-process.ts';
import { processTable } from './process-table.ts';
import { StateFolder } from './state-folder.ts';

const pollMs = 50;

/**
 * Ends every replica of a state folder: for a program that owns the whole machine's Signalbox and goes. Workloads stay
 * on record, so that the next control plane starts them anew. False: another control plane keeps them, nothing was
 * done. Close the cluster first.
 */
export async function stopLocalReplicas(options: {
  stateDir: string;
  withinMs: number;
  clock: Clock;
  log: Logger;
}): Promise<boolean> {
  const { stateDir, withinMs, clock, log } = options;
  const processes = processTable();
  const folder = new StateFolder(stateDir, log);
  await folder.create();
  const lock = new KeeperLock(stateDir, newId(clock.now()), processes);
  if (!(await lock.tryHold())) return false;
  try {
    const { replicas } = await folder.read();
    const running = replicas.flatMap(({ state }) => ('process' in state ? [state.process] : []));
    const alive = async () => {
      const found = await processes.identify(running.map(({ pid }) => pid));
      return running.filter(({ pid, startTime }) => found.get(pid)?.startTime === startTime);
    };
    for (const { pid } of await alive()) askToLeave(pid);
    const until = clock.now() + withinMs;
    while ((await alive()).length > 0 && clock.now() < until) await clock.sleep(pollMs);
    // Whatever their leader left behind, too.
    const found = await processes.identify(running.map(({ pid }) => pid));
    for (const { pid, startTime } of running) {
      if (!found.has(pid) || found.get(pid)?.startTime === startTime) signalGroup(pid, 'SIGKILL');
    }
    for (const { id } of replicas) await folder.deleteReplica(id);
    return true;
  } finally {
    await lock.release();
  }
}
