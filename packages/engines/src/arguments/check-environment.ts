import type { EngineChoice, Problem } from '@signalbox/domain';

/** What holds for every engine. Engines add their own. */
const ownedEverywhere: Readonly<Record<string, string>> = {
  HF_TOKEN: 'Name a secret in the source of the model version.',
  HUGGING_FACE_HUB_TOKEN: 'Name a secret in the source of the model version.',
  NVIDIA_VISIBLE_DEVICES: 'It would bypass the device plugin: ask for GPUs with spec.parallelism.',
  CUDA_VISIBLE_DEVICES: 'The cluster hands out GPUs: ask for them with spec.parallelism.',
  HIP_VISIBLE_DEVICES: 'The cluster hands out GPUs: ask for them with spec.parallelism.',
  ROCR_VISIBLE_DEVICES: 'The cluster hands out GPUs: ask for them with spec.parallelism.',
};

const shape = /^[A-Za-z_][A-Za-z0-9_]*$/;
const secretName = /(^|_)(TOKEN|SECRET|PASSWORD|PASSPHRASE|API_?KEY|ACCESS_KEY(_ID)?|PRIVATE_KEY)$/i;

/** Everything wrong with `engine.env`. Its values are stored and shown in clear, so no secret may be among them. */
export function checkEnvironment(env: EngineChoice['env'], owned: Readonly<Record<string, string>>): Problem[] {
  const instead = { ...ownedEverywhere, ...owned };
  return Object.entries(env).flatMap(([name, value]) => {
    const message = problemWith(name, value, instead);
    return message === null ? [] : [{ path: `spec.engine.env.${name}`, message }];
  });
}

function problemWith(name: string, value: string, owned: Readonly<Record<string, string>>): string | null {
  if (!shape.test(name)) return `"${name}" is no name of an environment variable.`;
  if (Object.hasOwn(owned, name)) return `Signalbox sets ${name} itself. ${owned[name]}`;
  if (secretName.test(name)) {
    return `${name} looks like a secret, and values of engine.env are stored in clear. Name a secret in the source of the model version.`;
  }
  return value.includes('\0') ? `${name} has a NUL character.` : null;
}
