/**
 * `npm test`: unit and integration tests, then users' stories over real processes, then the Kubernetes scenarios where
 * the machine can run them. Says what was left out and why; the last line reads `N passed, N failed`.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const usage = `Usage: npm test -- [options] [PATTERN …]

  --only LEVEL          unit, integration, e2e or kubernetes; may be given several times (default: all)
  --kubernetes MODE     auto (run where it can, say so where not), require (fail where it can't) or skip (default auto)
  --install             install missing Debian packages for Kubernetes (root only)
  PATTERN               only test files whose path matches

Examples:
  npm test
  npm test -- --only unit
  npm test -- --only e2e rollback`;

const levels = ['unit', 'integration', 'e2e', 'kubernetes'] as const;
type Level = (typeof levels)[number];
interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

const root = join(import.meta.dirname, '..');
const scratch = mkdtempSync(join(tmpdir(), 'signalbox-tests-'));
/** Tests that find only while they run that they can not be run here write why, a line each. */
const toldByTests = join(scratch, 'left-out.txt');

async function main(): Promise<number> {
  const { values, positionals } = parse();
  const wanted = (level: Level) => (values.only.length === 0 ? true : values.only.includes(level));
  const total: Count = { passed: 0, failed: 0, skipped: 0 };
  const leftOut: string[] = [];
  const add = (count: Count): void => {
    total.passed += count.passed;
    total.failed += count.failed;
    total.skipped += count.skipped;
  };

  const quick = levels.filter((level) => (level === 'unit' || level === 'integration') && wanted(level));
  if (quick.length > 0) add(await runJest(quick, positionals, ['--maxWorkers=2']));
  if (wanted('e2e')) {
    add(await runJest(['e2e'], positionals, ['--runInBand']));
    if (existsSync(toldByTests)) leftOut.push(...readFileSync(toldByTests, 'utf8').trimEnd().split('\n'));
    if (!process.env.SIGNALBOX_REAL_VLLM) {
      leftOut.push(
        'the check against a real vLLM (6 GB): SIGNALBOX_REAL_VLLM names no Python environment that has one',
      );
    }
  }
  if (wanted('kubernetes') && values.kubernetes !== 'skip') {
    const obstacle = kubernetesObstacle();
    if (obstacle === undefined) add(await runKubernetes(positionals, values.install));
    else if (values.kubernetes === 'require') {
      console.log(`\nThe Kubernetes scenarios are required and cannot run: ${obstacle}`);
      total.failed += 1;
    } else leftOut.push(`the Kubernetes scenarios: ${obstacle}`);
  } else if (values.kubernetes === 'skip') leftOut.push('the Kubernetes scenarios: --kubernetes skip');

  for (const reason of leftOut) console.log(`\nLeft out: ${reason}`);
  const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
  console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`);
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
}

function parse() {
  try {
    const parsed = parseArgs({
      allowPositionals: true,
      options: {
        only: { type: 'string', multiple: true, default: [] as string[] },
        kubernetes: { type: 'string', default: 'auto' },
        install: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (parsed.values.help) {
      console.log(usage);
      process.exit(0);
    }
    const unknown = parsed.values.only.find((level) => !(levels as readonly string[]).includes(level));
    if (unknown !== undefined) throw new Error(`There is no level ${unknown}.`);
    if (!['auto', 'require', 'skip'].includes(parsed.values.kubernetes)) {
      throw new Error(`--kubernetes takes auto, require or skip, not ${parsed.values.kubernetes}.`);
    }
    return parsed;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    process.exit(64);
  }
}

/** Why the Kubernetes scenarios cannot run here; undefined when they can. */
function kubernetesObstacle(): string | undefined {
  if (process.env.KUBECONFIG !== undefined && process.env.KUBECONFIG !== '') return undefined;
  if (process.platform !== 'linux') return 'they need Linux, or a cluster given by KUBECONFIG';
  if (process.getuid?.() !== 0) return 'they need root (namespaces, containers), or a cluster given by KUBECONFIG';
  const haveGo = spawnSync('go', ['version']).status === 0;
  const haveBuilt = existsSync(join(root, '.cache', 'kubernetes'));
  if (!haveGo && !haveBuilt) return 'they need Go to build Kubernetes, or a cluster given by KUBECONFIG';
  return undefined;
}

async function runKubernetes(patterns: readonly string[], install: boolean): Promise<Count> {
  const own = process.env.KUBECONFIG === undefined || process.env.KUBECONFIG === '';
  const wrapper = own
    ? [process.execPath, 'packages/testkit/src/kubernetes/with-kubernetes.ts', ...(install ? ['--install'] : []), '--']
    : [];
  return runJest(['kubernetes'], patterns, ['--runInBand'], wrapper);
}

async function runJest(
  projects: readonly string[],
  patterns: readonly string[],
  flags: readonly string[],
  wrapper: readonly string[] = [],
): Promise<Count> {
  const report = join(scratch, `${projects.join('-')}.json`);
  const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  const args = [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    jest,
    '--selectProjects',
    ...projects,
  ];
  const command = [
    ...wrapper,
    process.execPath,
    ...args,
    '--json',
    '--outputFile',
    report,
    '--passWithNoTests',
    ...flags,
  ];
  const [program = '', ...rest] = patterns.length > 0 ? [...command, '--testPathPatterns', ...patterns] : command;
  console.log(`\n== ${projects.join(' and ')} tests`);
  const status = await new Promise<number>((resolve) => {
    // Jest's JSON also goes to stdout; the report file is enough.
    const env = { ...process.env, SIGNALBOX_LEFT_OUT: toldByTests };
    const child = spawn(program, rest, { cwd: root, env, stdio: ['ignore', 'ignore', 'inherit'] });
    child.on('error', () => resolve(127));
    child.on('exit', (code) => resolve(code ?? 1));
  });
  return readReport(report, projects, status);
}

function readReport(file: string, projects: readonly string[], status: number): Count {
  if (!existsSync(file)) {
    console.log(`The ${projects.join(' and ')} tests did not run (exit ${status}).`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const report = JSON.parse(readFileSync(file, 'utf8'));
  // A file that could not even be loaded has no failed test of its own; it counts as one.
  const broken: number = report.numRuntimeErrorTestSuites;
  const failed = report.numFailedTests + broken;
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && status !== 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

try {
  process.exitCode = await main();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
