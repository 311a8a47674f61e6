import { join } from 'node:path';
import { freePort } from '../../../e2e/installation/process.ts';
import { npmFolder, prepareNpm, versionOf } from '../rig/npm-contenders.ts';
import { startProcess } from '../rig/processes.ts';
import { untilItAnswers } from './answers.ts';
import type { Contender, npmProxies } from './contender.ts';

type NpmProxy = (typeof npmProxies)[number];

/** A proxy library of npm around Node's own server: `programs/` has each as its README shows it, with keep-alive. */
export function nodeProxy(name: NpmProxy, program: string): Contender {
  return {
    name,
    prepare: prepareNpm,
    describe: () => `${name} ${versionOf(name)}: Node ${process.version}`,
    start: async ({ folder, mock }) => {
      const port = await freePort();
      const started = startProcess({
        name,
        command: [
          process.execPath,
          join(import.meta.dirname, 'programs', program),
          npmFolder,
          String(port),
          String(mock.ports[0]),
        ],
        core: 'proxy',
        logFile: join(folder, 'proxy.log'),
      });
      await untilItAnswers(name, started, port, {});
      return { name, port, pid: started.pid, headers: {}, stop: started.stop };
    },
  };
}
