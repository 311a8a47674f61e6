import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import type { NodeSpec } from './cluster-file.ts';

export const usage = `Usage: with-kubernetes [options] -- COMMAND [ARGUMENT …]

Starts a real Kubernetes in namespaces of its own, runs COMMAND beside it, and takes everything down again.

  --nodes LIST    name:gpus[:product], separated by commas (default gpu-a:4,gpu-b:4)
  --image FILE    archive to import on every node; may be given several times
  --install       install missing Debian packages (root only)
  --keep          leave the run folder, with all logs, in place
  --run-dir DIR   the folder in which the run folder is made (default: the system's temporary folder)`;

export type Options = {
  nodes: readonly NodeSpec[];
  images: readonly string[];
  install: boolean;
  keep: boolean;
  runDirParent: string;
  command: readonly [string, ...string[]];
};

export class BadUsage extends Error {}

export function parseOptions(args: readonly string[]): Options {
  const separator = args.indexOf('--');
  const [program, ...rest] = separator === -1 ? [] : args.slice(separator + 1);
  const values = parseFlags(separator === -1 ? args : args.slice(0, separator));
  if (program === undefined) throw new BadUsage('There is no command after "--".');
  return {
    nodes: parseNodes(values.nodes),
    images: values.image,
    install: values.install,
    keep: values.keep,
    runDirParent: values['run-dir'] ?? tmpdir(),
    command: [program, ...rest],
  };
}

function parseFlags(args: readonly string[]) {
  try {
    const options = {
      nodes: { type: 'string', default: 'gpu-a:4,gpu-b:4' },
      image: { type: 'string', multiple: true, default: [] },
      install: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      'run-dir': { type: 'string' },
    } as const;
    return parseArgs({ args: [...args], options: { ...options, image: { ...options.image, default: [] as string[] } } })
      .values;
  } catch (error) {
    throw new BadUsage(error instanceof Error ? error.message : String(error));
  }
}

function parseNodes(list: string): NodeSpec[] {
  const nodes = list.split(',').map((text) => {
    const match = /^([a-z0-9]([a-z0-9-]*[a-z0-9])?):(\d+)(?::([A-Za-z0-9_.-]+))?$/.exec(text);
    const [, name, , gpus, product] = match ?? [];
    if (name === undefined) throw new BadUsage(`"${text}" is not name:gpus[:product], such as gpu-a:4.`);
    return { name, gpus: Number(gpus), ...(product === undefined ? {} : { product }) };
  });
  if (new Set(nodes.map(({ name }) => name)).size < nodes.length) throw new BadUsage('Two nodes have the same name.');
  return nodes;
}
