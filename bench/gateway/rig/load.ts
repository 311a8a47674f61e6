import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { confined } from './cores.ts';
import { nativeProgram } from './native-programs.ts';

/** Microseconds; `count` of them. */
export interface Histogram {
  count: number;
  mean: number;
  min: number;
  p50: number;
  p90: number;
  p99: number;
  p999: number;
  max: number;
}

/** What native/load.c prints. */
export interface LoadResult {
  sent: number;
  /** Answers that came whole, whatever their status. */
  whole: number;
  /** From the first request to the last answer. */
  seconds: number;
  cpuSeconds: number;
  bodyBytes: number;
  statuses: Readonly<Record<string, number>>;
  errors: Readonly<Record<'connect' | 'lost' | 'malformed' | 'timeout', number>>;
  stream: Readonly<Record<'frames' | 'lost' | 'disordered' | 'changed' | 'unfinished' | 'brokenOff' | 'other', number>>;
  latencyUs: Histogram | null;
  firstByteUs: Histogram | null;
  frameDelayUs: Histogram | null;
}

export interface LoadOptions {
  port: number;
  requestsFile: string;
  connections: number;
  seconds: number;
  /** Requests per second of an open loop; a closed loop without. */
  rate?: number;
  /** Connections open evenly over this time. */
  rampMs?: number;
  /** Of every stream; a stream with fewer has lost some. */
  frames?: number;
  timeoutMs?: number;
  /** Requests of this time at the beginning are answered and not measured. */
  settleMs?: number;
  /** Ends it before its time, once what is under way has been answered. */
  stopped?: AbortSignal;
  /** Called when every connection has a stream under way. */
  whenAllOpen?: () => void;
}

export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const { port, requestsFile, connections, seconds, rate, rampMs, frames, timeoutMs, settleMs, whenAllOpen, stopped } =
    options;
  const flags: [string, number | undefined][] = [
    ['port', port],
    ['connections', connections],
    ['seconds', seconds],
    ['rate', rate],
    ['ramp-ms', rampMs],
    ['frames', frames],
    ['timeout-ms', timeoutMs],
    ['settle-ms', settleMs],
  ];
  const given = flags.flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, String(value)]));
  const command = [nativeProgram('load'), '--requests', requestsFile, ...given];
  if (whenAllOpen !== undefined) command.push('--tell-open');
  const [program = '', ...args] = [...confined('load', 'KILL'), ...command];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  stopped?.addEventListener('abort', () => child.kill('SIGTERM'));
  let [output, complaints] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
    if (text.includes('open\n')) whenAllOpen?.();
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`the load generator ended with ${code}: ${complaints.trim()}`);
  return JSON.parse(output) as LoadResult;
}
