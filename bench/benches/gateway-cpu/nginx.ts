import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, type Started } from './started.ts';

/** The given binary, the one of the PATH, or Debian's place; undefined where there is none. */
export function findNginx(given: string | undefined): string | undefined {
  return [given, 'nginx', '/usr/sbin/nginx'].find((path) => path !== undefined && version(path) !== undefined);
}

export function version(path: string): string | undefined {
  try {
    // It tells its version on stderr.
    return execFileSync('sh', ['-c', '"$0" -v 2>&1', path], { encoding: 'utf8' }).trim().split('/')[1];
  } catch {
    return undefined;
  }
}

/** One worker that only passes on: keep-alive on both sides, no log, so that it is as cheap as it gets. */
export async function startNginx(path: string, dir: string, upstreamPort: number): Promise<Started> {
  const port = await freePort();
  const home = join(dir, 'nginx');
  mkdirSync(home, { recursive: true });
  const file = join(home, 'nginx.conf');
  writeFileSync(file, configuration(home, port, upstreamPort));
  const child: ChildProcess = spawn(path, ['-p', home, '-c', file, '-e', join(home, 'error.log')], { stdio: 'ignore' });
  if (child.pid === undefined || !existsSync(file)) throw new Error(`${path} could not be started`);
  return { port, pid: child.pid, stop: () => void child.kill('SIGTERM') };
}

function configuration(home: string, port: number, upstreamPort: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(home, name)};`,
  );
  return `daemon off;
worker_processes 1;
pid ${join(home, 'nginx.pid')};
error_log ${join(home, 'error.log')};
events { worker_connections 1024; }
http {
  ${temporary.join('\n  ')}
  access_log off;
  keepalive_requests 100000000;
  upstream engine { server 127.0.0.1:${upstreamPort}; keepalive 128; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://engine; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}
`;
}
