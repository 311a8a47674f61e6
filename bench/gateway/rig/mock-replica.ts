import type { constants } from 'node:os';
import { join } from 'node:path';
import { nativeProgram } from './native-programs.ts';
import { type Running, startProcess } from './processes.ts';

/** The ways in which a replica is lost, and one in which it is only slow. */
export const faults = ['kill -9', 'SIGSTOP', 'RST', 'half-open', '5xx storm', 'slow answers'] as const;
export type Fault = (typeof faults)[number];

/** As native/mock.c has them, from the first real-time signal on. */
const misbehaviour = { RST: 1, 'half-open': 2, '5xx storm': 3, 'slow answers': 4 } as const;
/** glibc keeps the first two for itself. */
const firstRealTimeSignal = 34;

/** One mock engine in a process of its own, which can be made to fail in every way. */
export class MockReplica {
  readonly port: number;
  readonly #folder: string;
  #process: Running;

  private constructor(port: number, folder: string, process: Running) {
    this.port = port;
    this.#folder = folder;
    this.#process = process;
  }

  static async start(folder: string): Promise<MockReplica> {
    const { process, port } = await startMockProcess(folder);
    return new MockReplica(port, folder, process);
  }

  inject(fault: Fault): void {
    if (fault === 'kill -9') this.#signal('SIGKILL');
    else if (fault === 'SIGSTOP') this.#signal('SIGSTOP');
    else this.#signal(firstRealTimeSignal + misbehaviour[fault]);
  }

  async heal(fault: Fault): Promise<void> {
    if (fault === 'kill -9') this.#process = (await startMockProcess(this.#folder, this.port)).process;
    else if (fault === 'SIGSTOP') this.#signal('SIGCONT');
    else this.#signal(firstRealTimeSignal);
  }

  stop(): Promise<void> {
    return this.#process.stop();
  }

  #signal(signal: keyof typeof constants.signals | number): void {
    process.kill(this.#process.pid, signal);
  }
}

async function startMockProcess(folder: string, port?: number): Promise<{ process: Running; port: number }> {
  const process = startProcess({
    name: 'a mock engine',
    command: [nativeProgram('mock'), '1', ...(port === undefined ? [] : [String(port)])],
    core: 'load',
    logFile: join(folder, 'mock-replicas.log'),
    readsFirstLine: true,
  });
  const [own = 0] = JSON.parse(await process.firstLine) as number[];
  return { process, port: own };
}
