import { join } from 'node:path';
import { freePort } from '../../../e2e/installation/process.ts';
import { npmFolder, prepareNpm, versionOf } from '../rig/npm-contenders.ts';
import { startProcess } from '../rig/processes.ts';
import { untilItAnswers } from './answers.ts';
import type { Contender } from './contender.ts';

const packageName = '@portkey-ai/gateway';

/** The LLM gateway of npm, told by headers which provider and where, as its README shows it. */
export const portkey: Contender = {
  name: 'portkey',
  prepare: prepareNpm,
  describe: () => `Portkey ${versionOf(packageName)}: Node ${process.version}`,
  start: async ({ folder, mock }) => {
    const port = await freePort();
    const started = startProcess({
      name: 'Portkey',
      command: [
        process.execPath,
        join(npmFolder, 'node_modules', packageName, 'build/start-server.js'),
        '--headless',
        `--port=${port}`,
      ],
      core: 'proxy',
      logFile: join(folder, 'portkey.log'),
      cwd: folder,
    });
    const headers = {
      authorization: 'Bearer none',
      'x-portkey-provider': 'openai',
      'x-portkey-custom-host': `http://127.0.0.1:${mock.ports[0]}/v1`,
    };
    await untilItAnswers('Portkey', started, port, headers);
    return { name: 'portkey', port, pid: started.pid, headers, stop: started.stop };
  },
};
