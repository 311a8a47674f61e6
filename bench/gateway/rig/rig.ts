import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { contenders } from '../contenders/all.ts';
import type { ContenderName, RunningContender } from '../contenders/contender.ts';
import type { Rig } from '../sections/section.ts';
import type { Mock } from './mock.ts';
import { writeRequests } from './requests.ts';

export function rigOf(options: {
  mock: Mock;
  /** Everything written lies here and goes with it. */
  folder: string;
  quick: boolean;
  rounds: number | undefined;
  progress(line: string): void;
}): Rig {
  const { mock, folder, quick, rounds, progress } = options;
  let started = 0;
  let files = 0;
  return {
    mock,
    folder,
    quick,
    rounds,
    progress,
    during: async (names, use) => {
      const running: RunningContender[] = [];
      try {
        for (const name of names) running.push(await start(name, join(folder, `${started++}`)));
        return await use(running);
      } finally {
        await Promise.all(running.map(({ stop }) => stop()));
      }
    },
    requests: ({ headers }, bodies) => {
      const file = join(folder, `requests-${files++}`);
      // All callers send a key, whether the contender looks at it or not.
      const usual = { authorization: `Bearer sbx_${'0'.repeat(40)}`, 'content-type': 'application/json' };
      writeRequests(file, bodies, { ...usual, accept: '*/*', 'user-agent': 'bench', ...headers });
      return file;
    },
  };

  function start(name: ContenderName, own: string): Promise<RunningContender> {
    mkdirSync(own, { recursive: true });
    return contenders[name].start({ folder: own, mock });
  }
}
