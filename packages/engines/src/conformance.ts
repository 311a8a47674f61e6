import { describe, expect, test } from '@jest/globals';
import type { Problem, WorkloadSpec } from '@signalbox/domain';
import type { InputChanges } from './conformance-inputs.ts';
import { anInput, manyInputs } from './conformance-inputs.ts';
import type { Engine, RenderInput, Rendering } from './engine.ts';

const shells = ['sh', 'bash', 'ash', 'dash', 'zsh', '/bin/sh', '/bin/bash', 'cmd', 'powershell'];
const drainFlags = ['--shutdown-timeout', '--exit-timeout-secs'];

/** What an engine promises to clusters, controllers and people, whichever engine it is. */
export function conformanceSuite(engine: Engine): void {
  const rendered = manyInputs(engine).flatMap((input) => {
    const rendering = engine.render(input);
    return rendering.kind === 'rendered' ? [{ input, ...rendering }] : [];
  });
  const everyWorkload = (check: (workload: WorkloadSpec, input: RenderInput) => void) => {
    expect(rendered.length).toBeGreaterThan(0);
    for (const { workload, input } of rendered) check(workload, input);
  };

  describe('a rendered replica', () => {
    test('is a program with arguments, never a shell line', () => {
      everyWorkload(({ command, localCommand }) => {
        for (const argv of [command, localCommand]) {
          expect(shells).not.toContain(argv[0]);
          expect(argv).not.toContain('-c');
          expect(argv.every((word) => word !== '' && typeof word === 'string')).toBe(true);
        }
      });
    });

    test('leaves only its address, its GPUs and the simulation to be filled in', () => {
      everyWorkload(({ command, localCommand }) => {
        expect(placeholders(command)).toEqual(['{host}', '{port}']);
        expect(placeholders(localCommand).filter((name) => name !== '{simulatedEngine}')).toEqual(['{host}', '{port}']);
      });
    });

    test('is plain data, the same every time', () => {
      everyWorkload((workload, input) => {
        expect(JSON.parse(JSON.stringify(workload))).toEqual(workload);
        expect(workloadOf(engine.render(input))).toEqual(workload);
      });
    });

    test('is the same whatever order its arguments are written in', () => {
      const forwards = { 'aa-flag': 1, 'bb-flag': 'two', 'cc-flag': true };
      const backwards = { 'cc-flag': true, 'bb-flag': 'two', 'aa-flag': 1 };
      const [one, other] = [forwards, backwards].map((args) => render(engine, { deployment: { engine: { args } } }));
      expect(workloadOf(one).command.join(' ')).toMatch(/--aa-flag[ =]1 --bb-flag[ =]two --cc-flag/);
      expect(one).toEqual(other);
    });

    test('may start for as long as the deployment grants', () => {
      everyWorkload(({ probes }, { deployment }) => {
        const { periodSeconds, failureThreshold } = probes.startup;
        expect(periodSeconds * failureThreshold * 1000).toBeGreaterThanOrEqual(deployment.startupTimeoutMs);
      });
    });

    test('drains by itself no longer than the cluster waits for it', () => {
      everyWorkload(({ command, drain }, { deployment }) => {
        expect(drain.preStopDelaySeconds).toBeGreaterThan(0);
        expect(drain.timeoutSeconds * 1000).toBeLessThanOrEqual(deployment.drain.timeoutMs);
        for (const name of drainFlags)
          expect(Number(flagValue(command, name) ?? 0)).toBeLessThanOrEqual(drain.timeoutSeconds);
      });
    });

    test('proves itself by a request that names the served model', () => {
      for (const { workload, servedModelName, healthPath } of rendered) {
        const { path, body, timeoutMs } = workload.readinessGeneration;
        expect(`${path}${JSON.stringify(body)}`).toContain(servedModelName);
        expect(timeoutMs).toBeGreaterThan(0);
        expect(healthPath).toMatch(/^\//);
      }
    });

    test('names its secrets and holds none', () => {
      everyWorkload(({ weights, secretEnv, env }, { version }) => {
        const secret = 'secret' in version.source ? version.source.secret : null;
        expect(secretEnv.map((entry) => entry.secret)).toEqual(secretEnv.map(() => secret));
        expect(secretEnv.length > 0).toBe(secret !== null);
        expect(weights.kind === 'download' ? weights.secret : null).toBe(secret);
        expect(Object.keys(env).filter((name) => secretEnv.some((entry) => entry.name === name))).toEqual([]);
      });
    });

    test('runs the image that the deployment names', () => {
      everyWorkload(({ image }, { deployment }) => {
        expect(image).toBe(deployment.engine.image ?? image);
        expect(image).toMatch(deployment.engine.image === null ? deployment.engine.version : /@sha256:/);
      });
    });

    test('says each flag once: what Signalbox sets is refused in engine.args, or replaced by it', () => {
      const { workload } = renderedOf(render(engine));
      for (const name of flagsOf(workload.command)) {
        const again = render(engine, { deployment: { engine: { args: { [name]: 'other' } } } });
        if (again.kind === 'refused')
          expect(again.problems.map(({ path }) => path)).toEqual([`spec.engine.args.${name}`]);
        else expect(flagsOf(again.workload.command).filter((flag) => flag === name)).toEqual([name]);
      }
    });
  });

  describe('a refusal', () => {
    test.each<{ name: string; changes: InputChanges; path: string }>([
      {
        name: 'an engine version that nobody checked',
        changes: { deployment: { engine: { version: '99.1.0' } } },
        path: 'spec.engine.version',
      },
      {
        name: 'a listening address of the user',
        changes: { deployment: { engine: { args: { [engine.name === 'triton' ? 'http-port' : 'port']: 9000 } } } },
        path: `spec.engine.args.${engine.name === 'triton' ? 'http-port' : 'port'}`,
      },
      {
        name: 'a flag that is not written like one',
        changes: { deployment: { engine: { args: { '--Max_Len': 1 } } } },
        path: 'spec.engine.args.--Max_Len',
      },
      {
        name: 'a secret in clear',
        changes: { deployment: { engine: { env: { UPSTREAM_API_KEY: 'x' } } } },
        path: 'spec.engine.env.UPSTREAM_API_KEY',
      },
      {
        name: 'a quantization of the weights that they cannot have',
        changes: { deployment: { quantization: { weights: 'gguf', kvCache: null } } },
        path: 'spec.quantization.weights',
      },
      {
        name: 'a quantization of the KV cache that the GPU lacks',
        changes: { deployment: { quantization: { weights: null, kvCache: 'nvfp4' } }, gpuProducts: ['Tesla-T4'] },
        path: 'spec.quantization.kvCache',
      },
    ])('is the answer to $name', ({ changes, path }) => {
      expect(problemsOf(render(engine, changes)).map((problem) => problem.path)).toEqual([path]);
    });

    test('names everything that is wrong at once', () => {
      const problems = problemsOf(
        render(engine, {
          deployment: { engine: { version: '99.1.0', args: { 'No Flag': 1 }, env: { 'no name': '' } } },
        }),
      );
      expect(problems.map(({ path }) => path).sort()).toEqual([
        'spec.engine.args.No Flag',
        'spec.engine.env.no name',
        'spec.engine.version',
      ]);
    });

    test('says where, says what to do, and suggests only what is allowed', () => {
      const problems = manyInputs(engine).flatMap((input) => problemsOf(engine.render(input)));
      expect(problems.length).toBeGreaterThan(0);
      for (const { path, message, allowed, nearest } of problems) {
        expect(path).toMatch(/^spec\.[a-zA-Z.]+/);
        expect(message).toMatch(/^.{15,}[.?]$/s);
        if (allowed !== undefined && nearest !== undefined) expect(allowed).toContain(nearest);
      }
    });
  });

  test('weights that exist only in simulation are served only by what is marked as simulated', () => {
    const format = 'simulated';
    expect(render(engine, { version: { format } }).kind).toBe(engine.simulated ? 'rendered' : 'refused');
  });

  test('text that is not the engine’s metrics is no load', () => {
    for (const metrics of ['', '\n', 'node_load1 0.2\n', '<html>503</html>', '{"error":"x"}']) {
      expect(engine.readLoad(metrics)).toBeNull();
    }
  });
}

function render(engine: Engine, changes: InputChanges = {}): Rendering {
  return engine.render(anInput(engine, changes));
}

export function renderedOf(rendering: Rendering | undefined): Extract<Rendering, { kind: 'rendered' }> {
  if (rendering?.kind === 'rendered') return rendering;
  throw new Error(`not rendered: ${JSON.stringify(rendering?.problems)}`);
}

export function workloadOf(rendering: Rendering | undefined): WorkloadSpec {
  return renderedOf(rendering).workload;
}

export function problemsOf(rendering: Rendering): readonly Problem[] {
  return rendering.kind === 'refused' ? rendering.problems : [];
}

function placeholders(argv: readonly string[]): string[] {
  return [...new Set(argv.flatMap((word) => word.match(/\{[A-Za-z]+\}/g) ?? []))].sort();
}

function flagsOf(argv: readonly string[]): string[] {
  return argv.flatMap((word) => /^--([^=]+)/.exec(word)?.[1] ?? []);
}

/** The value of a flag in either style: `--x 1` or `--x=1`. */
export function flagValue(argv: readonly string[], name: string): string | undefined {
  const at = argv.indexOf(name);
  if (at >= 0) return argv[at + 1];
  return argv.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
}
