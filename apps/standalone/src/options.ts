import { parseArgs } from 'node:util';

export const usage = `Usage: npm start -- [options]

Runs Signalbox on this machine: Postgres, control plane, gateway and a local cluster whose replicas are processes.
Everything listens on 127.0.0.1 only. Ctrl-C stops all of it; data stays for the next start.

  --data-dir DIR     where data, logs and credentials are kept (default .signalbox in the repository)
  --port N           API of the control plane (default 4600)
  --gateway-port N   where callers of the models go (default 4601)
  --no-quickstart    apply nothing; start empty, or with what was there before
  --verbose          print the processes' logs here, not only into DIR/logs
  -h, --help         this text

Examples:
  npm start
  npm start -- --port 5600 --gateway-port 5601 --data-dir /var/lib/signalbox`;

export interface Options {
  dataDir: string | undefined;
  ports: Ports;
  quickstart: boolean;
  verbose: boolean;
}

export interface Ports {
  api: number;
  gateway: number;
  apiAdmin: number;
  gatewayAdmin: number;
}

export class BadUsage extends Error {}

/** Undefined when help was asked for. */
export function parseOptions(args: readonly string[]): Options | undefined {
  const values = parse(args);
  if (values.help) return undefined;
  const api = port('--port', values.port);
  const gateway = port('--gateway-port', values['gateway-port']);
  if (api === gateway) throw new BadUsage('--port and --gateway-port must differ.');
  return {
    dataDir: values['data-dir'],
    // Admin ports stay ten above the public ones, as with the defaults 4610 and 4611.
    ports: { api, gateway, apiAdmin: api + 10, gatewayAdmin: gateway + 10 },
    quickstart: values.quickstart,
    verbose: values.verbose,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowNegative: true,
      options: {
        'data-dir': { type: 'string' },
        port: { type: 'string', default: '4600' },
        'gateway-port': { type: 'string', default: '4601' },
        quickstart: { type: 'boolean', default: true },
        verbose: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    throw new BadUsage(error instanceof Error ? error.message : String(error));
  }
}

function port(flag: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0 && value < 65_500) return value;
  throw new BadUsage(`${flag} takes a port between 1 and 65499, not "${text}".`);
}
