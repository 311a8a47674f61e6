// Started by ../node-proxies.ts with the folder of the packages, the port to listen on and the engine's port.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

const [folder, port, enginePort] = process.argv.slice(2);
const { proxy } = createRequire(`${folder}/package.json`)('fast-proxy')({
  base: `http://127.0.0.1:${enginePort}`,
  undici: { connections: 128, pipelining: 1, keepAliveTimeout: 60_000 },
});

createServer((request, response) => proxy(request, response, request.url, {})).listen(Number(port), '127.0.0.1');
