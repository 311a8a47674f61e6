import type { Dialect } from '../dialects/dialect.ts';
import type { CallerError } from '../dialects/errors/caller-error.ts';
import { errorBody, errorStatus } from '../dialects/errors/error-shape.ts';
import type { Call } from './call.ts';

/** Answers that the gateway gives itself. */
export class Answers {
  readonly #refused: (code: string) => void;

  constructor(options: { refused: (code: string) => void }) {
    this.#refused = options.refused;
  }

  /** `lines` are further headers, `name: value\r\n` each. */
  json({ id, reply }: Pick<Call, 'id' | 'reply'>, status: number, text: string, lines = ''): void {
    if (!reply.isOpen || reply.hasStarted) return;
    const body = Buffer.from(text);
    reply.start(status, `content-type: application/json\r\nx-request-id: ${id}\r\n${lines}`, body.length);
    reply.end(body);
  }

  error(call: Pick<Call, 'id' | 'reply'>, dialect: Dialect, error: CallerError): void {
    this.#refused(error.code);
    let lines = dialect === 'anthropic' ? `request-id: ${call.id}\r\n` : '';
    for (const [name, value] of Object.entries(error.headers ?? {})) lines += `${name}: ${value}\r\n`;
    this.json(call, errorStatus(error, dialect), errorBody(error, dialect, call.id), lines);
  }
}
