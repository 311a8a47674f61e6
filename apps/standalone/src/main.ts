import { fileURLToPath } from 'node:url';
import { createClient } from '@signalbox/client';
import { newRequestId, Secret, systemClock } from '@signalbox/runtime';
import { keepConsumerKey, loadSecrets, publishCredentials } from './credentials.ts';
import { DataFolder, StartRefused } from './data-folder.ts';
import { checkPorts } from './free-ports.ts';
import { BadUsage, type Options, parseOptions, usage } from './options.ts';
import { startPostgres } from './postgres.ts';
import { stopProcess } from './process-identity.ts';
import { applyQuickstart, createTourKey, hasDeployments } from './quickstart.ts';
import { startParts } from './start-parts.ts';
import { stopReplicas } from './stop-replicas.ts';
import { untilReady, untilServing } from './until-ready.ts';
import { printWelcome } from './welcome.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const step = (text: string): void => console.error(`signalbox: ${text}`);

/** Starts everything in order; each part that started is stopped again, in the opposite order, when asked to. */
async function run(options: Options): Promise<void> {
  const folder = new DataFolder(options.dataDir ?? `${root}.signalbox`);
  folder.claim();
  const stops: (() => Promise<unknown>)[] = [async () => folder.release()];
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= (async () => {
      for (const each of stops.reverse()) await each().catch((error) => console.error(`signalbox: ${error}`));
    })();
    return stopping;
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (stopping !== undefined && signal === 'SIGINT') process.exit(130);
      step('stopping …');
      void stop().then(() => process.exit(0));
    });
  }
  try {
    await start(folder, options, stops);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(folder: DataFolder, options: Options, stops: (() => Promise<unknown>)[]): Promise<void> {
  const leftovers = folder.leftovers();
  if (leftovers.length > 0)
    step(`stopping what an earlier start left running: ${leftovers.map(([name]) => name).join(', ')}`);
  await Promise.all(leftovers.map(([, leftover]) => stopProcess(leftover, 5_000)));
  folder.forgetProcesses();
  await checkPorts(options.ports);

  let secrets = loadSecrets(folder);
  step('starting Postgres …');
  const postgres = await startPostgres(folder, secrets.databasePassword);
  stops.push(() => postgres.stop());
  step('starting the control plane and a gateway …');
  const parts = startParts(folder, secrets, postgres.url, options, process.env);
  stops.push(() => stopReplicas(folder, systemClock));
  stops.push(() => Promise.all([parts.controlPlane.stop(4_000), parts.gateway.stop(4_000)]));
  await untilReady(parts, options.ports);

  const client = createClient({
    url: `http://127.0.0.1:${options.ports.api}`,
    token: new Secret(secrets.adminToken),
    userAgent: 'signalbox-start',
    newIdempotencyKey: newRequestId,
  });
  const first = options.quickstart && !(await hasDeployments(client));
  if (secrets.consumerKey === null) secrets = keepConsumerKey(folder, secrets, await createTourKey(client));
  publishCredentials(folder, secrets, options.ports);
  if (first) {
    step('applying examples/quickstart …');
    await applyQuickstart(client, `${root}examples/quickstart`);
  }
  await untilServing(client, step);
  printWelcome(options.ports, secrets, folder);
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === undefined) console.log(usage);
  else await run(options);
} catch (error) {
  if (error instanceof BadUsage) {
    console.error(`error: ${error.message}\n\n${usage}`);
    process.exit(64);
  }
  if (!(error instanceof StartRefused)) throw error;
  console.error(`error: ${error.message}`);
  process.exit(1);
}
