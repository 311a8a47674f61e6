/** One of the engine's own numbers, from its Prometheus text; samples of several labels add up. */
export async function engineMetric(address: string, name: string, label = ''): Promise<number> {
  const response = await fetch(`http://${address}/metrics`, { signal: AbortSignal.timeout(10_000) });
  const lines = (await response.text()).split('\n');
  const samples = lines.filter((line) => line.startsWith(`${name}{`) && line.includes(label));
  if (samples.length === 0) throw new Error(`the engine tells no ${name}`);
  return samples.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

export const running = (address: string): Promise<number> => engineMetric(address, 'vllm:num_requests_running');
export const aborted = (address: string): Promise<number> =>
  engineMetric(address, 'vllm:request_success_total', 'finished_reason="abort"');
