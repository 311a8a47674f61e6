// Plain JavaScript for any Node from 18 on: makes sure that the dependencies and the Node that runs everything else
// are there, and says where that Node is. Does nothing when node_modules matches the lock file.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const marker = join(root, 'node_modules', '.signalbox-installed');

/** Path of the Node that runs Signalbox, after installing what is missing. */
export async function bootstrap() {
  const wanted = fingerprint();
  const node = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (!existsSync(node) || !existsSync(marker) || readFileSync(marker, 'utf8') !== wanted) {
    await install();
    writeFileSync(marker, wanted);
  }
  return node;
}

/** Runs a program of this repository with that Node, and ends as it ends. Signals are passed on. */
export async function runProgram(args, env = {}) {
  const node = await bootstrap();
  const bin = join(root, 'node_modules', '.bin');
  const child = spawn(node, args, {
    stdio: 'inherit',
    env: { ...process.env, PATH: `${dirname(node)}:${bin}:${process.env.PATH}`, ...env },
  });
  // A terminal's Ctrl-C reaches the whole group by itself; this process only has to outlive the child.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  process.on('SIGHUP', () => child.kill('SIGTERM'));
  child.on('error', (error) => {
    console.error(`signalbox: could not start ${node}: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
}

function fingerprint() {
  const hash = createHash('sha256');
  const manifests = ['apps', 'packages'].flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => join(folder, name, 'package.json')),
  );
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', ...manifests.sort()]) {
    if (existsSync(join(root, file))) hash.update(file).update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}

async function install() {
  const { config, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const started = Date.now();
  console.error('signalbox: installing dependencies (about half a minute, once) …');
  const args = [
    '--yes',
    '-p',
    `node@${devDependencies.node}`,
    '-p',
    `pnpm@${config.pnpm}`,
    '--',
    'pnpm',
    'install',
    '--frozen-lockfile',
  ];
  const npx = process.platform === 'win32' ? 'npx.cmd' : 'npx';
  const child = spawn(npx, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, CI: 'true' } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const code = await new Promise((resolve) => {
    child.on('error', (error) => {
      output += error.message;
      resolve(1);
    });
    child.on('exit', resolve);
  });
  if (code !== 0) {
    console.error(output.split('\n').slice(-40).join('\n'));
    console.error(
      'signalbox: installing failed. Check that the npm registry can be reached, then run the command again.',
    );
    process.exit(1);
  }
  console.error(`signalbox: installed in ${Math.round((Date.now() - started) / 1000)} s`);
}
