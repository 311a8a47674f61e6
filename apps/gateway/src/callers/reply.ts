/** Whoever carries a call out and must hear of its caller. */
export interface ReplyOwner {
  /** The caller left before it had its answer. Said once, and never after `end`. */
  callerLeft(): void;
  /** The caller reads again after `write` said false. */
  callerReads(): void;
}

/** The caller's side of one call, whichever server took it in. */
export interface Reply {
  /** False once the caller has left or the answer has ended. */
  readonly isOpen: boolean;
  readonly hasStarted: boolean;
  owner: ReplyOwner | undefined;
  /**
   * Status and header lines (`name: value\r\n` each). With a `length` the answer is exactly as long; without, it is
   * delimited by chunks. Nothing leaves before the first byte of the body or the end.
   */
  start(status: number, lines: string, length: number | undefined): void;
  /** The bytes may change after the call. False: the caller reads slowly, hold back until `callerReads`. */
  write(bytes: Buffer): boolean;
  end(bytes?: Buffer): void;
  /** What was answered is no answer to keep: the caller left, or it ends in an error event. Before the end. */
  abandon?(): void;
  /** Breaks the connection off: a part must not pass for the whole. */
  breakOff(): void;
}
