// Started by ../node-proxies.ts with the folder of the packages, the port to listen on and the engine's port.
import { Agent, createServer } from 'node:http';
import { createRequire } from 'node:module';

const [folder, port, enginePort] = process.argv.slice(2);
const proxy = createRequire(`${folder}/package.json`)('http-proxy').createProxyServer({
  target: `http://127.0.0.1:${enginePort}`,
  agent: new Agent({ keepAlive: true }),
});

proxy.on('error', (error, _request, response) => response.writeHead(502).end(error.message));
createServer((request, response) => proxy.web(request, response)).listen(Number(port), '127.0.0.1');
