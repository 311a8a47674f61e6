// Started by ../node-proxies.ts with the folder of the packages, the port to listen on and the engine's port.
import { createRequire } from 'node:module';

const [folder, port, enginePort] = process.argv.slice(2);
const load = createRequire(`${folder}/package.json`);
const server = load('fastify')({ bodyLimit: 50 * 1024 * 1024 });

server.register(load('@fastify/http-proxy'), {
  upstream: `http://127.0.0.1:${enginePort}`,
  undici: { connections: 128, pipelining: 1, keepAliveTimeout: 60_000 },
});
await server.listen({ port: Number(port), host: '127.0.0.1' });
