/** One of the engine's own numbers, from its Prometheus text. */
async function engineMetric(address: string, name: string): Promise<number> {
  const response = await fetch(`http://${address}/metrics`, { signal: AbortSignal.timeout(10_000) });
  const lines = (await response.text()).split('\n');
  const sample = lines.find((line) => line.startsWith(`${name}{`));
  if (sample === undefined) throw new Error(`the engine tells no ${name}`);
  return Number(sample.slice(sample.lastIndexOf(' ')));
}

/** Reads 0 between two steps of the engine now and then, also while it works: only together with the tokens it tells. */
export const runningRequests = (address: string): Promise<number> => engineMetric(address, 'vllm:num_requests_running');
/** vLLM 0.32.0 does not count a request whose caller went away as `abort`; what it has made for it does show. */
export const generatedTokens = (address: string): Promise<number> =>
  engineMetric(address, 'vllm:generation_tokens_total');
