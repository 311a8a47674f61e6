import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { build, type Plugin } from 'esbuild';

export interface Bundle {
  /** One ES module that needs nothing but Node. */
  code: string;
  /** What the packages inside ask to be passed on with them. */
  licences: string;
}

/**
 * One program with all of its packages. Names of files are relative to the repository, so that the same sources give
 * the same bytes wherever they are checked out.
 */
export async function bundleProgram(repository: string, entry: string): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: repository,
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    legalComments: 'none',
    // CommonJS packages call `require`, which an ES module has not.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);",
    },
    plugins: [absentAccelerators],
    logLevel: 'error',
  });
  const [output] = outputFiles;
  if (output === undefined) throw new Error(`nothing came of bundling ${entry}`);
  return { code: output.text, licences: await licencesOf(repository, Object.keys(metafile.inputs)) };
}

/** Native parts that packages try to load and do without; they are not installed, and must not be looked for. */
const optional = /^(pg-native|pg-cloudflare|msgpackr-extract|bufferutil|utf-8-validate)$/;
const absentAccelerators: Plugin = {
  name: 'absent-accelerators',
  setup({ onResolve }) {
    onResolve({ filter: optional }, ({ path: name }) => ({ path: name, external: true }));
  },
};

async function licencesOf(repository: string, inputs: readonly string[]): Promise<string> {
  const folders = inputs.flatMap((file) => /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []);
  const texts = new Map<string, string>();
  for (const folder of [...new Set(folders)].sort()) {
    const { name, version, license } = JSON.parse(
      await readFile(path.join(repository, folder, 'package.json'), 'utf8'),
    );
    const file = (await readdir(path.join(repository, folder)))
      .sort()
      .find((each) => /^(licen[sc]e|copying)/i.test(each));
    const text = file === undefined ? '' : (await readFile(path.join(repository, folder, file), 'utf8')).trim();
    texts.set(`${name} ${version}`, `== ${name} ${version} (${license ?? 'no licence named'})\n\n${text}\n`);
  }
  return [...texts.values()].join('\n');
}
