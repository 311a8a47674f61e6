import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Secret } from '@signalbox/runtime';
import { Agent, request } from 'undici';
import type { Records } from './records.ts';

/** `refused`: the control plane will never take these; anything else that goes wrong is thrown, and may pass. */
export type PostOutcome = { kind: 'stored' } | { kind: 'refused'; because: string };

const compressed = promisify(gzip);
const [before, behind] = [Buffer.from('{"records":['), Buffer.from(']}')];
const refusals = new Set([400, 413, 415, 422]);

/** Takes batches of records to the control plane. */
export class UsagePost {
  readonly #url: string;
  readonly #token: Secret | { file: string };
  readonly #isCompressed: boolean;
  #body = Buffer.alloc(0);
  #isSending = false;
  // Of its own: a batch that the control plane takes its time with holds up no report.
  readonly #agent = new Agent({ headersTimeout: 35_000, bodyTimeout: 5_000, connectTimeout: 3_000, connections: 1 });

  constructor(options: { url: string; gatewayId: string; token: Secret | { file: string }; compress?: boolean }) {
    this.#url = `${options.url.replace(/\/+$/, '')}/v1/gateways/${encodeURIComponent(options.gatewayId)}/usage`;
    this.#token = options.token;
    this.#isCompressed = options.compress ?? false;
  }

  async send(records: Pick<Records, 'bytes'>): Promise<PostOutcome> {
    const body = this.#bodyOf(records.bytes);
    const answer = await request(this.#url, {
      method: 'POST',
      headers: {
        authorization: await this.#bearer(),
        'content-type': 'application/json',
        ...(this.#isCompressed ? { 'content-encoding': 'gzip' } : {}),
      },
      body: this.#isCompressed ? await compressed(body, { level: 1 }) : body,
      dispatcher: this.#agent,
    });
    if (answer.statusCode < 300) {
      await answer.body.dump();
      this.#isSending = false;
      return { kind: 'stored' };
    }
    const because = `${answer.statusCode} ${(await answer.body.text()).slice(0, 500)}`;
    if (refusals.has(answer.statusCode)) return { kind: 'refused', because };
    throw new Error(`the control plane answered ${because}`);
  }

  /** In a buffer that is used again, unless what became of its last use is not known: it may still be on its way. */
  #bodyOf(records: Buffer): Buffer {
    const length = before.length + records.length + behind.length;
    if (this.#isSending || this.#body.length < length) this.#body = Buffer.allocUnsafeSlow(length);
    this.#isSending = true;
    const body = this.#body.subarray(0, length);
    body.set(before);
    body.set(records, before.length);
    body.set(behind, length - behind.length);
    return body;
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #bearer(): Promise<string> {
    const token = 'file' in this.#token ? (await readFile(this.#token.file, 'utf8')).trim() : this.#token.reveal();
    return `Bearer ${token}`;
  }
}
