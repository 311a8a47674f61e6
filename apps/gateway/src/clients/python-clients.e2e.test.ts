import { appendFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from '@jest/globals';
import { type ClientsInstallation, secrets, startForClients } from './clients.fixture.ts';
import { preparePythonClients, runPython } from './python/environment.fixture.ts';

interface Told {
  story: string;
  failure: string | null;
}

const clients = await preparePythonClients();
if (clients.kind === 'leftOut') {
  const text = `the official Python clients: ${clients.because}`;
  process.stdout.write(`left out: ${text}\n`);
  if (process.env.SIGNALBOX_LEFT_OUT) appendFileSync(process.env.SIGNALBOX_LEFT_OUT, `${text}\n`);
  test.skip('the official Python clients can not be installed here', () => undefined);
} else {
  const gateway = await startForClients();
  afterAll(() => gateway.stop());
  for (const [name, program] of [
    ['openai', 'openai_client.py'],
    ['litellm', 'litellm_client.py'],
  ] as const) {
    const { told, errors } = await storiesOf(clients.python, program, gateway);
    describe(`Python’s ${name}`, () => {
      test.each(told)('$story', ({ failure }) => expect(failure).toBeNull());
      test('tells all its stories', () => expect([told.length > 0, errors]).toEqual([true, '']));
    });
  }
  test('no call was tried again where the gateway had tried enough', () => {
    expect(gateway.calls('failing').map(({ status }) => status)).toEqual([500, 500]);
  });
}

async function storiesOf(python: string, program: string, gateway: ClientsInstallation) {
  const { output, errors, code } = await runPython(python, program, {
    GATEWAY: gateway.url,
    ENGINE: gateway.engine.url,
    KEY_ALL: secrets.all,
    KEY_OTHER: secrets.other,
    KEY_ONCE: secrets.once,
    // Nothing outside this machine is asked.
    LITELLM_LOCAL_MODEL_COST_MAP: 'True',
    HF_HUB_OFFLINE: '1',
    PYTHONDONTWRITEBYTECODE: '1',
  });
  const told = output.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Told]));
  return { told, errors: code === 0 ? '' : errors };
}
