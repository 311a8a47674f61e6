import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

const kubernetesVersion = { git: 'v1.35.4', major: '1', minor: '35' };
const componentBase = 'k8s.io/component-base/version';
/** Without these the server calls itself v0.0.0-master, and helm refuses it. */
const versionFlags = [
  `-X ${componentBase}.gitVersion=${kubernetesVersion.git}`,
  `-X ${componentBase}.gitMajor=${kubernetesVersion.major}`,
  `-X ${componentBase}.gitMinor=${kubernetesVersion.minor}`,
].join(' ');

type GoModule = { folder: string; ldflags: string; packages: Readonly<Record<string, string>> };

/** In the order in which they are built: what fails early should be small. */
const goModules = [
  { folder: 'tiny', ldflags: '-s -w', packages: { pause: './pause', answer: './answer' } },
  { folder: 'etcd', ldflags: '-s -w', packages: { etcd: '.' } },
  {
    folder: 'kubernetes',
    ldflags: `-s -w ${versionFlags}`,
    packages: {
      'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
      'kube-controller-manager': 'k8s.io/kubernetes/cmd/kube-controller-manager',
      'kube-scheduler': 'k8s.io/kubernetes/cmd/kube-scheduler',
      kubelet: 'k8s.io/kubernetes/cmd/kubelet',
      'kube-proxy': 'k8s.io/kubernetes/cmd/kube-proxy',
    },
  },
  { folder: 'coredns', ldflags: '-s -w', packages: { coredns: '.' } },
  { folder: 'helm', ldflags: '-s -w', packages: { helm: 'helm.sh/helm/v4/cmd/helm' } },
] as const satisfies readonly GoModule[];

export type BinaryName =
  | 'pause'
  | 'answer'
  | 'etcd'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'kubelet'
  | 'kube-proxy'
  | 'coredns'
  | 'helm';

export type Binaries = Record<BinaryName, string>;

const repository = path.resolve(import.meta.dirname, '../../../..');
const sources = path.resolve(import.meta.dirname, '../../kubernetes-binaries');

/** Thrown when the machine lacks something that a person has to install. */
export class Missing extends Error {}

export type BuildOptions = { cacheDir?: string; assets?: string | undefined; say?: (line: string) => void };

/** Paths of all programs; builds from Go modules those that are neither cached nor in `KUBEBUILDER_ASSETS`. */
export async function ensureBinaries(options: BuildOptions = {}): Promise<Binaries> {
  const { cacheDir = path.join(repository, '.cache/kubernetes'), assets, say = () => {} } = options;
  const found: Partial<Binaries> = assets === undefined ? {} : givenBinaries(assets);
  for (const module of goModules) {
    const binDir = path.join(cacheDir, `${module.folder}-${await fingerprint(module)}`, 'bin');
    const names = Object.keys(module.packages) as BinaryName[];
    const absent = names.filter((name) => found[name] === undefined && !existsSync(path.join(binDir, name)));
    if (absent.length > 0) await build(module, absent, binDir, say);
    for (const name of names) found[name] ??= path.join(binDir, name);
  }
  return found as Binaries;
}

/** The field's convention for a folder that already holds a control plane. */
function givenBinaries(assets: string): Partial<Binaries> {
  const given: Partial<Binaries> = {};
  for (const name of ['etcd', 'kube-apiserver'] as const) {
    const file = path.join(assets, name);
    if (!existsSync(file)) throw new Missing(`KUBEBUILDER_ASSETS is set, but ${file} does not exist.`);
    given[name] = file;
  }
  return given;
}

async function build(module: GoModule, names: readonly BinaryName[], binDir: string, say: (line: string) => void) {
  await requireGo();
  const startedAt = performance.now();
  say(`building ${names.join(', ')} …`);
  // A build that is cut short must not leave half a program where the next run would take it for a whole one.
  const unfinished = path.join(binDir, `.unfinished-${process.pid}`);
  await mkdir(unfinished, { recursive: true });
  try {
    for (const name of names) {
      const output = path.join(unfinished, name);
      const args = ['build', '-trimpath', '-ldflags', module.ldflags, '-o', output, module.packages[name] ?? '.'];
      await go(args, path.join(sources, module.folder));
      await rename(output, path.join(binDir, name));
      say(`  ${name}, ${Math.round((performance.now() - startedAt) / 1000)} s`);
    }
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** Static programs: no C compiler needed, and the same program runs on the machine and in an image of nothing else. */
async function go(args: readonly string[], cwd: string): Promise<void> {
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false -mod=readonly', GOWORK: 'off' };
  await execute('go', args, { cwd, env, maxBuffer: 64 * 1024 * 1024 });
}

async function requireGo(): Promise<void> {
  await execute('go', ['version']).catch(() => {
    throw new Missing('Go is not installed. Building Kubernetes needs Go 1.24 or newer on the PATH.');
  });
}

/** Changes when anything changes that a module's programs are made of. */
async function fingerprint({ folder, ldflags }: GoModule): Promise<string> {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch} ${ldflags}\n`);
  const files = await readdir(path.join(sources, folder), { recursive: true });
  for (const file of files.filter((name) => /\.(go|mod|sum)$/.test(name)).sort()) {
    hash.update(`${file}\n`).update(await readFile(path.join(sources, folder, file)));
  }
  return hash.digest('hex').slice(0, 16);
}

if (import.meta.main) {
  const binaries = await ensureBinaries({ assets: process.env.KUBEBUILDER_ASSETS, say: console.log });
  for (const [name, file] of Object.entries(binaries)) console.log(`${name}\t${path.relative('', file)}`);
}
