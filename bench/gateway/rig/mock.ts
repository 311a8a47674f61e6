import { join } from 'node:path';
import { nativeProgram } from './native-programs.ts';
import { startProcess } from './processes.ts';

/** What the engine really generated: the truth for any metering. */
export interface MockStats {
  requests: number;
  streams: number;
  aborted: number;
  frames: number;
  promptTokens: number;
  completionTokens: number;
  openStreams: number;
}

export interface Mock {
  /** Each stands for one replica. */
  ports: readonly number[];
  stats(): Promise<MockStats>;
  stop(): Promise<void>;
}

export async function startMock(replicas: number, folder: string): Promise<Mock> {
  const started = startProcess({
    name: 'the mock engine',
    command: [nativeProgram('mock'), String(replicas)],
    core: 'load',
    logFile: join(folder, 'mock.log'),
    readsFirstLine: true,
  });
  const ports = JSON.parse(await started.firstLine) as number[];
  return {
    ports,
    stats: async () => (await (await fetch(`http://127.0.0.1:${ports[0]}/stats`)).json()) as MockStats,
    stop: started.stop,
  };
}
