import { readFile } from 'node:fs/promises';
import { gatewayReportAnswerSchema } from '@signalbox/contracts';
import type { GatewayReport, GatewayReportAnswer } from '@signalbox/domain';
import type { Secret } from '@signalbox/runtime';
import { Agent, request } from 'undici';

/** The gateway's side of the two calls it makes: the snapshot stream and the report. */
export class ControlPlane {
  readonly #url: string;
  readonly #token: Secret | { file: string };
  // Two agents: a stream that hangs must not hold up the reports, and reports must not wait for a closing stream.
  readonly #streams = new Agent({ headersTimeout: 10_000, bodyTimeout: 15_000, connectTimeout: 3_000 });
  readonly #reports = new Agent({ headersTimeout: 3_000, bodyTimeout: 3_000, connectTimeout: 2_000 });

  constructor(options: { url: string; gatewayId: string; token: Secret | { file: string } }) {
    this.#url = `${options.url.replace(/\/+$/, '')}/v1/gateways/${encodeURIComponent(options.gatewayId)}`;
    this.#token = options.token;
  }

  /** Yields the bytes of the stream; ends or throws when the connection does, or nothing came for 15 s. */
  async *snapshots(
    have: { epoch: number; number: number } | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    const query = have === undefined ? '' : `?have=${have.epoch}.${have.number}`;
    const answer = await request(`${this.#url}/snapshots${query}`, {
      headers: { authorization: await this.#bearer(), accept: 'text/event-stream' },
      dispatcher: this.#streams,
      signal,
    });
    if (answer.statusCode !== 200) {
      await answer.body.dump();
      throw new Error(`the control plane answered ${answer.statusCode}`);
    }
    yield* answer.body;
  }

  /** The answer, where the control plane has something to say. */
  async report(report: GatewayReport): Promise<GatewayReportAnswer | undefined> {
    const answer = await request(`${this.#url}/report`, {
      method: 'POST',
      headers: { authorization: await this.#bearer(), 'content-type': 'application/json' },
      body: JSON.stringify(report),
      dispatcher: this.#reports,
    });
    if (answer.statusCode === 200) return gatewayReportAnswerSchema.parse(await answer.body.json());
    await answer.body.dump();
    if (answer.statusCode >= 300) throw new Error(`the control plane answered ${answer.statusCode}`);
    return undefined;
  }

  async close(): Promise<void> {
    await Promise.all([this.#streams.destroy(), this.#reports.destroy()]);
  }

  async #bearer(): Promise<string> {
    const token = 'file' in this.#token ? (await readFile(this.#token.file, 'utf8')).trim() : this.#token.reveal();
    return `Bearer ${token}`;
  }
}
