import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../../e2e/installation/process.ts';
import { debianProgram } from '../rig/debian.ts';
import { startProcess } from '../rig/processes.ts';
import { untilItAnswers } from './answers.ts';
import type { Contender, RunningContender, Setting } from './contender.ts';

/** One worker that only passes on: keep-alive on both sides, bodies in memory, no log, so that it is as cheap as it gets. */
export const nginx: Contender = {
  name: 'nginx',
  prepare: async () => void debianProgram('nginx', '/usr/sbin/nginx'),
  describe: () => {
    // It tells its version on stderr.
    const told = execFileSync('sh', ['-c', '/usr/sbin/nginx -v 2>&1'], { encoding: 'utf8' });
    return `nginx ${told.trim().split('/')[1] ?? ''}: one worker, no log, no checks`;
  },
  start,
};

async function start({ folder, mock }: Setting): Promise<RunningContender> {
  const port = await freePort();
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, configuration(folder, port, mock.ports));
  const errorLog = join(folder, 'error.log');
  const started = startProcess({
    name: 'nginx',
    command: ['/usr/sbin/nginx', '-p', folder, '-c', file, '-e', errorLog],
    core: 'proxy',
    logFile: errorLog,
    endedBy: 'TERM',
  });
  await untilItAnswers('nginx', started, port, {});
  return { name: 'nginx', port, pid: started.pid, headers: {}, stop: started.stop };
}

function configuration(folder: string, port: number, replicaPorts: readonly number[]): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(folder, name)};`,
  );
  const servers = replicaPorts.map((replica) => `server 127.0.0.1:${replica};`);
  return `daemon off;
worker_processes 1;
pid ${join(folder, 'nginx.pid')};
events { worker_connections 18000; }
http {
  ${temporary.join('\n  ')}
  access_log off;
  keepalive_requests 100000000;
  client_max_body_size 50m;
  client_body_buffer_size 1m;
  upstream engine { ${servers.join(' ')} keepalive 1024; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://engine;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
    }
  }
}
`;
}
