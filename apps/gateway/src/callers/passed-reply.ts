import type { Reply, ReplyOwner } from './reply.ts';

/** A reply in front of another: what a subclass has nothing to say about goes on as it is. */
export class PassedReply implements Reply {
  protected readonly reply: Reply;

  constructor(reply: Reply) {
    this.reply = reply;
  }

  get isOpen(): boolean {
    return this.reply.isOpen;
  }

  get hasStarted(): boolean {
    return this.reply.hasStarted;
  }

  get owner(): ReplyOwner | undefined {
    return this.reply.owner;
  }

  set owner(owner: ReplyOwner | undefined) {
    this.reply.owner = owner;
  }

  start(status: number, lines: string, length: number | undefined): void {
    this.reply.start(status, lines, length);
  }

  write(bytes: Buffer): boolean {
    return this.reply.write(bytes);
  }

  end(bytes?: Buffer): void {
    this.reply.end(bytes);
  }

  abandon(): void {
    this.reply.abandon?.();
  }

  breakOff(): void {
    this.reply.breakOff();
  }
}
