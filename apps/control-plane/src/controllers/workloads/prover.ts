import type { Replica } from '@signalbox/db';
import type { DeploymentId, GenerationProbe, ReplicaId } from '@signalbox/domain';
import type { Clock, Logger } from '@signalbox/runtime';

export interface ProofStore {
  setProof(
    asked: Pick<Replica, 'id' | 'address' | 'startedAt' | 'restarts'>,
    proof: { provenAt: number } | { error: string },
  ): Promise<boolean>;
}

export interface ProverOptions {
  store: ProofStore;
  wake: (id: DeploymentId) => void;
  clock: Clock;
  log: Logger;
}

/** A failed generation is tried again after this. */
const RETRY_MS = 2_000;
const MOST_ANSWER_BYTES = 1024 * 1024;

/**
 * Asks replicas for a real generation, beside the passes: the first one of a fresh engine may take long, and nothing
 * else has to wait for it. One at a time per replica.
 */
export class Prover {
  readonly #running = new Map<ReplicaId, AbortController>();
  readonly #notBefore = new Map<ReplicaId, number>();
  readonly #options: ProverOptions;

  constructor(options: ProverOptions) {
    this.#options = options;
  }

  prove(deployment: DeploymentId, replica: Replica, probe: GenerationProbe): void {
    const { clock } = this.#options;
    if (this.#running.has(replica.id) || replica.address === null) return;
    if ((this.#notBefore.get(replica.id) ?? 0) > clock.now()) return;
    const stopping = new AbortController();
    this.#running.set(replica.id, stopping);
    void this.#ask(replica, probe, stopping.signal).finally(() => {
      this.#running.delete(replica.id);
      if (!stopping.signal.aborted) this.#options.wake(deployment);
    });
  }

  stop(): void {
    for (const stopping of this.#running.values()) stopping.abort();
  }

  async #ask(replica: Replica, probe: GenerationProbe, signal: AbortSignal): Promise<void> {
    const { store, clock, log } = this.#options;
    const error = await generate(replica.address ?? '', probe, signal);
    if (signal.aborted) return;
    try {
      await store.setProof(replica, error === null ? { provenAt: clock.now() } : { error });
      if (error === null) {
        this.#notBefore.delete(replica.id);
        log.info('replica proved itself', { replica: replica.id, address: replica.address });
      } else {
        this.#notBefore.set(replica.id, clock.now() + RETRY_MS);
        log.warn('a probe generation failed', { replica: replica.id, address: replica.address, reason: error });
      }
    } catch (cause) {
      log.warn('a proof could not be stored', { replica: replica.id, error: cause });
    }
  }
}

/** Null when a sound answer came back; else why not, without the answer's text. */
async function generate(address: string, probe: GenerationProbe, signal: AbortSignal): Promise<string | null> {
  const bound = AbortSignal.any([signal, AbortSignal.timeout(probe.timeoutMs)]);
  try {
    const response = await fetch(`http://${address}${probe.path}`, {
      method: probe.method,
      ...(probe.method === 'POST'
        ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(probe.body) }
        : {}),
      signal: bound,
      redirect: 'error',
    });
    const text = await readBounded(response);
    if (!response.ok) return `the probe generation was answered with ${response.status}`;
    // Triton's ready endpoint answers with an empty body; every generation is JSON.
    if (text !== '') JSON.parse(text);
    return probe.method === 'POST' && text === '' ? 'the probe generation came back empty' : null;
  } catch (error) {
    if (bound.aborted) return `no answer to the probe generation within ${probe.timeoutMs} ms`;
    return error instanceof SyntaxError
      ? 'the probe generation came back as something other than JSON'
      : `the probe generation did not get through (${reasonOf(error)})`;
  }
}

async function readBounded(response: Response): Promise<string> {
  let bytes = 0;
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MOST_ANSWER_BYTES) throw new Error('the answer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (cause instanceof Error && 'code' in cause) return String(cause.code);
  return cause instanceof Error ? cause.message : String(cause);
}
