import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { Logger } from '@signalbox/runtime';

export interface Certificate {
  cert: string;
  key: string;
}

export interface CertificateFilesOptions {
  certFile: string;
  keyFile: string;
  everyMs: number;
  log: Logger;
  changed: (certificate: Certificate) => void;
}

/**
 * A certificate and its key in two files that may be replaced at any time. They are read anew every few seconds and
 * compared by content: no way of replacing files, such as the swapped links of Kubernetes' secrets, goes unnoticed.
 */
export class CertificateFiles {
  readonly #options: CertificateFilesOptions;
  #current: Certificate | undefined;
  /** What was complained of already. */
  #refused = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(options: CertificateFilesOptions) {
    this.#options = options;
  }

  /** Throws what is wrong in words for whoever set the files. */
  async start(): Promise<void> {
    const found = await this.#read();
    const problem = problemWith(found);
    if (problem !== undefined) throw new Error(problem);
    this.#take(found);
    this.#timer = setInterval(() => void this.#look(), this.#options.everyMs).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    try {
      let found = await this.#read();
      if (isSame(found, this.#current)) return;
      // Read between the two files' replacement, they do not match: once more before anybody is told.
      if (problemWith(found) !== undefined) found = await this.#read();
      const problem = problemWith(found);
      if (problem === undefined) return void this.#take(found);
      this.#refuse(problem, found.cert + found.key);
    } catch (error) {
      this.#refuse(error instanceof Error ? error.message : String(error), '');
    }
  }

  #take(certificate: Certificate): void {
    const { certFile, changed, log } = this.#options;
    this.#current = certificate;
    this.#refused = '';
    changed(certificate);
    const { subject, validTo, fingerprint256 } = new X509Certificate(certificate.cert);
    log.info('certificate loaded', { file: certFile, subject, validTo, fingerprint: fingerprint256 });
  }

  #refuse(because: string, content: string): void {
    const refused = `${because}\n${content}`;
    if (refused === this.#refused) return;
    this.#refused = refused;
    this.#options.log.error('certificate refused, the former one stays', { because });
  }

  async #read(): Promise<Certificate> {
    const { certFile, keyFile } = this.#options;
    const cert = await readSetting('SIGNALBOX_GATEWAY_TLS_CERT_FILE', certFile);
    const key = await readSetting('SIGNALBOX_GATEWAY_TLS_KEY_FILE', keyFile);
    return { cert, key };
  }
}

async function readSetting(setting: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new Error(`${setting}: ${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
}

function isSame(found: Certificate, current: Certificate | undefined): boolean {
  return found.cert === current?.cert && found.key === current.key;
}

/** Asked of each part first: an empty file is no problem to a secure context, which then has no certificate. */
function problemWith({ cert, key }: Certificate): string | undefined {
  if (fails(() => new X509Certificate(cert)))
    return 'SIGNALBOX_GATEWAY_TLS_CERT_FILE: there is no certificate in it (PEM)';
  if (fails(() => createPrivateKey(key)))
    return 'SIGNALBOX_GATEWAY_TLS_KEY_FILE: there is no private key in it (PEM, without a passphrase)';
  if (fails(() => createSecureContext({ cert, key })))
    return 'SIGNALBOX_GATEWAY_TLS_KEY_FILE: it is not the key of the certificate in SIGNALBOX_GATEWAY_TLS_CERT_FILE';
  return undefined;
}

function fails(attempt: () => unknown): boolean {
  try {
    attempt();
    return false;
  } catch {
    return true;
  }
}
