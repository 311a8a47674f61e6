export interface StreamEvent {
  name: string;
  data: string;
}

/** The few parts of the event stream format that the control plane's stream needs: events, data lines, comments. */
export class EventReader {
  readonly #maxBytes: number;
  readonly #decoder = new TextDecoder();
  #rest = '';
  #name = '';
  #data: string[] = [];
  #bytes = 0;

  constructor(maxBytes = 256 * 1024 * 1024) {
    this.#maxBytes = maxBytes;
  }

  /** Takes bytes as they come and returns the events that became whole. */
  read(chunk: Uint8Array): StreamEvent[] {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#maxBytes) throw new Error(`an event is larger than ${this.#maxBytes} bytes`);
    const events: StreamEvent[] = [];
    const fresh = this.#decoder.decode(chunk, { stream: true });
    if (!fresh.includes('\n')) {
      this.#rest += fresh;
      return events;
    }
    const lines = (this.#rest + fresh).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#line(line.endsWith('\r') ? line.slice(0, -1) : line, events);
    return events;
  }

  #line(line: string, events: StreamEvent[]): void {
    if (line === '') {
      if (this.#data.length > 0) events.push({ name: this.#name || 'message', data: this.#data.join('\n') });
      this.#name = '';
      this.#data = [];
      this.#bytes = this.#rest.length;
      return;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'event') this.#name = value;
    if (field === 'data') this.#data.push(value);
  }
}
