import type { Snapshot } from '@signalbox/domain';
import type { Logger } from '@signalbox/runtime';

/** What a stream is written to: an HTTP response, narrowed to what is needed. */
export interface StreamSink {
  write(chunk: string): boolean;
  readonly writableLength: number;
  destroy(): void;
}

/** A gateway that lets this much pile up is not reading; it reconnects and starts over with the newest snapshot. */
const MOST_BUFFERED_BYTES = 64 * 1024 * 1024;

/** The gateways' open streams, and the newest snapshot as the text that goes down them. */
export class SnapshotStreams {
  readonly #sinks = new Map<StreamSink, string>();
  readonly #log: Logger;
  #frame: { id: string; text: string } | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  publish(snapshot: Snapshot): void {
    const id = `${snapshot.epoch}.${snapshot.number}`;
    this.#frame = { id, text: `id: ${id}\nevent: snapshot\ndata: ${JSON.stringify(snapshot)}\n\n` };
    for (const sink of this.#sinks.keys()) this.#send(sink, this.#frame.text);
  }

  /** `have` is the snapshot the gateway says it has, as `epoch.number`; nothing is sent when it is the newest. */
  open(gatewayId: string, sink: StreamSink, have: string | undefined): () => void {
    this.#sinks.set(sink, gatewayId);
    sink.write(': connected\n\n');
    if (this.#frame !== undefined && this.#frame.id !== have) this.#send(sink, this.#frame.text);
    return () => this.#sinks.delete(sink);
  }

  heartbeat(): void {
    for (const sink of this.#sinks.keys()) this.#send(sink, ': still here\n\n');
  }

  connected(): readonly string[] {
    return [...new Set(this.#sinks.values())];
  }

  closeAll(): void {
    for (const sink of this.#sinks.keys()) sink.destroy();
    this.#sinks.clear();
  }

  #send(sink: StreamSink, text: string): void {
    sink.write(text);
    if (sink.writableLength <= MOST_BUFFERED_BYTES) return;
    this.#log.warn('a gateway does not read its stream; it is cut', { gateway: this.#sinks.get(sink) });
    this.#sinks.delete(sink);
    sink.destroy();
  }
}
