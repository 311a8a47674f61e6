import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../../e2e/installation/process.ts';
import { debianProgram } from '../rig/debian.ts';
import { startProcess } from '../rig/processes.ts';
import { untilItAnswers } from './answers.ts';
import type { Contender, RunningContender, Setting } from './contender.ts';

/** One thread, connections to the engine shared by all requests, no log, no checks. */
export const haproxy: Contender = {
  name: 'haproxy',
  prepare: async () => void debianProgram('haproxy', '/usr/sbin/haproxy'),
  describe: () => {
    const told = execFileSync('/usr/sbin/haproxy', ['-v'], { encoding: 'utf8' });
    return `haproxy ${/version (\S+)/.exec(told)?.[1] ?? ''}: one thread, no log, no checks`;
  },
  start,
};

async function start({ folder, mock }: Setting): Promise<RunningContender> {
  const port = await freePort();
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(file, configuration(port, mock.ports));
  const started = startProcess({
    name: 'haproxy',
    command: ['/usr/sbin/haproxy', '-db', '-f', file],
    core: 'proxy',
    logFile: join(folder, 'haproxy.log'),
  });
  await untilItAnswers('haproxy', started, port, {});
  return { name: 'haproxy', port, pid: started.pid, headers: {}, stop: started.stop };
}

function configuration(port: number, replicaPorts: readonly number[]): string {
  const servers = replicaPorts.map((replica, index) => `  server r${index} 127.0.0.1:${replica}`);
  return `global
  nbthread 1
  maxconn 9000
defaults
  mode http
  http-reuse always
  option http-no-delay
  timeout connect 10s
  timeout client 120s
  timeout server 120s
listen engine
  bind 127.0.0.1:${port} backlog 4096
  balance roundrobin
${servers.join('\n')}
`;
}
