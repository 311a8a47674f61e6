import { systemClock } from './clock.ts';
import { readSettings, UsageError } from './settings/read-settings.ts';
import type { EngineSettings } from './settings/settings.ts';
import { LoadError, serveSimulatedEngine } from './start.ts';

// The simulated engine as a program: `node main.ts serve MODEL --port 8000 …`, where `vllm serve MODEL …` would stand.

function log(level: 'INFO' | 'ERROR', text: string): void {
  process.stderr.write(`(SimulatedEngine pid=${process.pid}) ${level} ${text}\n`);
}

function settingsOrExit(): EngineSettings {
  try {
    return readSettings(process.argv.slice(2), process.env);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`vllm serve (simulated): error: ${error.message}\n`);
    process.exit(2);
  }
}

async function run(): Promise<void> {
  const settings = settingsOrExit();
  // vLLM dies at once while it loads. As PID 1 there is no default action, so it must be said.
  const dieWhileLoading = () => process.exit(143);
  process.once('SIGTERM', dieWhileLoading);
  process.once('SIGINT', dieWhileLoading);
  log('INFO', `This is a simulation of vLLM 0.32; no model runs. Starting to load ${settings.model}`);
  const engine = await serveSimulatedEngine(settings, systemClock);
  process.off('SIGTERM', dieWhileLoading);
  process.off('SIGINT', dieWhileLoading);
  log('INFO', `Application startup complete. Listening on ${engine.url}`);

  let isStopping = false;
  const stop = (signal: NodeJS.Signals) => {
    // A second signal means that somebody has lost patience.
    if (isStopping) process.exit(130);
    isStopping = true;
    log('INFO', `${signal}: draining for at most ${settings.shutdownTimeoutMs / 1000} s`);
    void engine.drain(settings.shutdownTimeoutMs).then(() => {
      log('INFO', 'Application shutdown complete.');
      process.exit(0);
    });
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

try {
  await run();
} catch (error) {
  if (error instanceof LoadError) {
    log('ERROR', error.message);
    log('ERROR', 'RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}');
  } else {
    log('ERROR', error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  process.exit(1);
}
