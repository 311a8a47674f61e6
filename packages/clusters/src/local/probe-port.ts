import { get } from 'node:http';

export type ProbeResult = { kind: 'passed' } | { kind: 'failed'; reason: string };

/** One probe on a connection of its own, as the kubelet does it: a hanging keep-alive connection proves nothing. */
export function probePort(port: number, path: string, timeoutMs: number): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path, agent: false, timeout: timeoutMs }, (response) => {
      response.resume();
      const status = response.statusCode ?? 0;
      finish(status === 200 ? { kind: 'passed' } : { kind: 'failed', reason: `${path} answered ${status}` });
    });
    // `timeout` counts silence on the socket; this bounds the whole probe.
    const timer = setTimeout(
      () => finish({ kind: 'failed', reason: `${path} gave no answer in ${timeoutMs} ms` }),
      timeoutMs,
    );
    request.on('error', (error: NodeJS.ErrnoException) =>
      finish({ kind: 'failed', reason: `${path}: ${error.code ?? error.message}` }),
    );
    function finish(result: ProbeResult): void {
      clearTimeout(timer);
      request.destroy();
      resolve(result);
    }
  });
}
