import pc from 'picocolors';
import type { Secrets } from './credentials.ts';
import type { DataFolder } from './data-folder.ts';
import type { Ports } from './options.ts';

export function printWelcome(ports: Ports, secrets: Secrets, folder: DataFolder): void {
  const gateway = `http://127.0.0.1:${ports.gateway}`;
  console.log(`
${pc.bold('Signalbox is running.')} ${pc.dim('The models of the quickstart are simulated: no GPU, no weights.')}

  API       http://127.0.0.1:${ports.api}    (OpenAPI at /openapi.json, reference at /docs)
  gateway   ${gateway}/v1 (OpenAI-compatible)
  token     ${secrets.adminToken}
  key       ${secrets.consumerKey ?? ''}
  data      ${folder.path}

Try, from this folder in another terminal (the CLI finds token and key by itself):

  ${pc.cyan('npx signalbox chat chat "hello"')}                     ask the model
  ${pc.cyan('npx signalbox promote chat --version v2 --wait')}      a canary: 10 %, 50 %, 100 %, on evidence from
                                                  ${pc.cyan('node examples/quickstart/traffic.mjs')}
  ${pc.cyan('npx signalbox rollback chat')}                         the old version, at once

Ctrl-C stops all of it; data stays for the next start.
`);
}
