#!/usr/bin/env node
// Sends chat requests to the quickstart's route and says, second by second, which version answered. Runs on any Node
// from 18 on; finds the gateway and a key in the credentials that `npm start` wrote.
// Usage: node examples/quickstart/traffic.mjs [--rate 20] [--for 60]
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '20' },
    for: { type: 'string', default: '60' },
    model: { type: 'string', default: 'chat' },
  },
});
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const file = join(root, '.signalbox', 'credentials.json');
const found = process.env.SIGNALBOX_KEY ? {} : JSON.parse(readFileSync(file, 'utf8'));
const url = process.env.SIGNALBOX_GATEWAY_URL ?? found.gatewayUrl;
const key = process.env.SIGNALBOX_KEY ?? found.consumerKey;

const second = new Map();
const total = new Map();
const count = (name) => {
  for (const tally of [second, total]) tally.set(name, (tally.get(name) ?? 0) + 1);
};

async function ask() {
  try {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: values.model, messages: [{ role: 'user', content: 'hello' }], max_tokens: 4 }),
    });
    await response.text();
    count(response.ok ? response.headers.get('x-signalbox-model-version') : `failed (${response.status})`);
  } catch (error) {
    count(`failed (${error.cause?.code ?? error.message})`);
  }
}

const show = (tally) =>
  [...tally]
    .sort()
    .map(([name, n]) => `${name}: ${n}`)
    .join('   ') || 'nothing yet';
const running = new Set();
const sender = setInterval(() => {
  const request = ask().finally(() => running.delete(request));
  running.add(request);
}, 1000 / Number(values.rate));
const printer = setInterval(() => {
  console.log(show(second));
  second.clear();
}, 1000);
const finish = async () => {
  clearInterval(sender);
  clearInterval(printer);
  await Promise.all(running);
  console.log(`all in all   ${show(total)}`);
  process.exit([...total.keys()].some((name) => name.startsWith('failed')) ? 1 : 0);
};
setTimeout(finish, Number(values.for) * 1000);
process.on('SIGINT', finish);
process.on('SIGTERM', finish);
