import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkloadSpec } from '@signalbox/domain';
import { fillAll, type Placeholders } from '../placeholders.ts';
import { processMark } from './process-table.ts';
import { isMissing } from './state-folder.ts';

/** What an engine inherits. The rest of the control plane's environment holds its own secrets. */
const inherited =
  /^(PATH|HOME|USER|LOGNAME|SHELL|TMPDIR|LANG|LC_.*|TZ|VIRTUAL_ENV|PYTHON.*|(DY)?LD_LIBRARY_PATH|CUDA_(HOME|PATH)|XDG_.*|HF_.*|VLLM_.*|SGLANG_.*|OMP_.*|(HTTPS?|NO|ALL)_PROXY|(https?|no|all)_proxy|SSL_CERT_.*|REQUESTS_CA_BUNDLE)$/;

export type SecretRead =
  | { kind: 'read'; values: Readonly<Record<string, string>> }
  | { kind: 'missing'; reason: string };

/** Local secrets are files, `<folder>/<secret>/<key>`, as a mounted Kubernetes secret would be. */
export async function readSecrets(folder: string, wanted: WorkloadSpec['secretEnv']): Promise<SecretRead> {
  const values: Record<string, string> = {};
  for (const { name, secret, key } of wanted) {
    const path = join(folder, secret, key);
    if (![secret, key].every((part) => /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(part))) {
      return { kind: 'missing', reason: `"${secret}/${key}" is not a valid secret and key` };
    }
    try {
      values[name] = (await readFile(path, 'utf8')).replace(/\n$/, '');
    } catch (error) {
      if (!isMissing(error)) throw error;
      return { kind: 'missing', reason: `secret "${secret}" has no key "${key}": put it into ${path}` };
    }
  }
  return { kind: 'read', values };
}

export function replicaEnvironment(input: {
  own: Readonly<Record<string, string | undefined>>;
  spec: WorkloadSpec;
  secrets: Readonly<Record<string, string>>;
  placeholders: Placeholders;
  mark: string;
}): Record<string, string> {
  const { own, spec, secrets, placeholders, mark } = input;
  const kept = Object.entries(own).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && inherited.test(entry[0]),
  );
  return {
    ...Object.fromEntries(kept),
    // Set even when empty: a replica that was given no GPU must not see one.
    [spec.accelerator.resource.startsWith('amd.com/') ? 'ROCR_VISIBLE_DEVICES' : 'CUDA_VISIBLE_DEVICES']:
      placeholders.gpus,
    ...fillAll(spec.env, placeholders),
    ...secrets,
    [processMark]: mark,
  };
}
