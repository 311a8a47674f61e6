import { enableCompileCache, flushCompileCache } from 'node:module';
import { join } from 'node:path';

/** What was compiled is written out when start-up is over for good. */
const flushAfterMs = 3_000;

// Before anything is imported: with it a process has its modules after 190 ms instead of 600, and a restart has two
// processes to start, one after the other.
enableCompileCache(join(process.env.SIGNALBOX_GATEWAY_DATA_DIR || '.signalbox/gateway', 'compiled'));
(await import('./garbage-collection.ts')).countBuffersAsHeap();
const { EnvError } = await import('@signalbox/runtime');

function explained(error: unknown): string {
  if (error instanceof EnvError) return error.message;
  const { code, port, message } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE')
    return `Port ${port} is in use. Set SIGNALBOX_GATEWAY_PORT or SIGNALBOX_GATEWAY_ADMIN_PORT to another one.`;
  return `The gateway could not start: ${message}`;
}

try {
  const { readEnv } = await import('./env.ts');
  const env = readEnv();
  if (process.argv[2] === 'worker') await (await import('./run-worker.ts')).runWorker(env, Number(process.argv[3]));
  else await (await import('./run-primary.ts')).runPrimary(env, { path: process.argv[1] ?? '', env: process.env });
  setTimeout(flushCompileCache, flushAfterMs).unref();
} catch (error) {
  console.error(explained(error));
  process.exit(1);
}
