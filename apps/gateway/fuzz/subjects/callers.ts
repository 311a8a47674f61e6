import type { CallHandler, Peer, PendingCall } from '../../src/callers/call-handler.ts';
import { FastConnection } from '../../src/callers/fast-connection.ts';
import { NodeServer } from '../../src/callers/node-server.ts';
import { PeerSource } from '../../src/callers/peer-source.ts';
import type { Reply } from '../../src/callers/reply.ts';
import { Shedding } from '../../src/callers/shedding.ts';
import { TrustedProxies } from '../../src/callers/trusted-proxies.ts';
import type { RequestHead } from '../../src/http1/request-head.ts';
import { Outbox } from '../../src/outbox.ts';
import { type Case, randomCuts, readsOf } from '../case.ts';
import type { Dice } from '../dice.ts';
import { requests } from '../grammar/requests.ts';
import { mutate } from '../mutate.ts';
import type { Subject } from '../subject.ts';
import { isSafeToForward, type SeenRequest, seenHead } from './seen-request.ts';
import { settled, Wire } from './wire.ts';

const maxBodyBytes = 1_000_000;
const longAfter = 1_000_000;
const answerBody = Buffer.from('{}');
/** No clock ends anything here. */
const patience = { headersTimeoutMs: 60_000, bodyStallMs: 60_000, bodyTotalMs: 60_000, slowReaderMs: 60_000 };
const noProxies = new TrustedProxies([]);

/** One connection and what was understood on it. */
interface Track {
  readonly wire: Wire;
  readonly seen: SeenRequest[];
  readonly isLate: boolean;
  readonly waiting: Reply[];
  connection: FastConnection | undefined;
  /** What Node's server was given with the connection, as offsets in the case. */
  handedOver: { from: number; readUpTo: number } | undefined;
  read: number;
  unsafe: string | undefined;
}

/**
 * The fast path, which hands over what is not ordinary, beside Node's server alone. Both must understand the same
 * requests: those that the fast path takes, and those that are left in the bytes which it hands over.
 */
export class Callers implements Subject, CallHandler {
  readonly name = 'callers';
  taken = 0;
  readonly #tracks = new Map<string, Track>();
  readonly #node: NodeServer;
  readonly #outbox = new Outbox();
  readonly #staying: Shedding;
  #lastId = 0;

  constructor() {
    this.#staying = new Shedding({ now: () => 0, random: () => 0 });
    this.#node = new NodeServer({
      handler: this,
      ...patience,
      idleMs: patience.headersTimeoutMs,
      shedding: this.#staying,
      refused: () => undefined,
      newRequestId: () => 'id',
    });
  }

  make(dice: Dice): Case {
    const bytes = mutate(dice, requests(dice));
    return { bytes, cuts: randomCuts(dice, bytes), isLate: dice.chance(0.3) };
  }

  async compare(cases: readonly Case[]): Promise<(string | undefined)[]> {
    const [fast, node] = [await this.#run(cases, true), await this.#run(cases, false)];
    const differences = fast.map((track, index) => differenceOf(track, node[index] as Track));
    for (const [index, difference] of differences.entries())
      if (difference !== undefined)
        differences[index] = await this.#differenceInSameReads(cases[index] as Case, fast[index] as Track, difference);
    return differences;
  }

  /**
   * What Node makes of the end of a request hangs on where the reads end, if garbage follows; and the fast path hands
   * over in one piece what came in several. So where they differ, Node alone is asked again, with the reads that it
   * was given when it took over.
   */
  async #differenceInSameReads(given: Case, fast: Track, difference: string): Promise<string | undefined> {
    if (fast.handedOver === undefined) return difference;
    const { from, readUpTo } = fast.handedOver;
    const cuts = [from, ...given.cuts.filter((cut) => cut >= readUpTo && cut > from)].filter((cut) => cut > 0);
    const [node] = await this.#run([{ ...given, cuts }], false);
    return differenceOf(fast, node as Track);
  }

  async #run(cases: readonly Case[], isFast: boolean): Promise<Track[]> {
    const tracks = cases.map((each) => this.#open(each, isFast));
    const reads = cases.map(readsOf);
    for (let turn = 0; reads.some((each) => turn < each.length); turn++) {
      for (const [index, track] of tracks.entries()) {
        const read = reads[index]?.[turn];
        if (read === undefined || track.wire.destroyed) continue;
        track.read += read.length;
        // A copy: what came in one read may be kept, and must not be seen through another.
        track.wire.push(Buffer.from(read));
      }
      await settled();
    }
    await this.#answerAll(tracks);
    // A head that never got whole goes to Node's server after a while.
    for (const { connection, wire } of tracks)
      if (connection !== undefined && !connection.isOpen && !wire.destroyed) connection.check(longAfter);
    await settled();
    await this.#answerAll(tracks);
    for (const { wire } of tracks) if (!wire.destroyed) wire.push(null);
    await settled();
    for (const { wire } of tracks) wire.destroy();
    await settled();
    this.#tracks.clear();
    return tracks;
  }

  close(): void {
    this.#node.close();
  }

  begin(head: RequestHead, reply: Reply, peer: Peer): PendingCall {
    const track = this.#tracks.get(peer.address) as Track;
    const seen: SeenRequest = { path: peer.path, head: seenHead(head), body: undefined };
    track.seen.push(seen);
    if (!isSafeToForward(head)) track.unsafe ??= JSON.stringify(head.forwarded);
    return {
      maxBodyBytes,
      proceed: (body) => {
        if (peer.path === 'fast') this.taken++;
        seen.body = body.toString('latin1');
        if (track.isLate) track.waiting.push(reply);
        else answer(reply);
      },
      refuse: () => reply.breakOff(),
    };
  }

  #open({ isLate }: Case, isFast: boolean): Track {
    const address = `case-${this.#lastId++}`;
    const wire = new Wire({ remoteAddress: address, allowHalfOpen: !isFast });
    const track: Track = {
      wire,
      isLate,
      seen: [],
      waiting: [],
      connection: undefined,
      handedOver: undefined,
      read: 0,
      unsafe: undefined,
    };
    this.#tracks.set(address, track);
    const source = new PeerSource(address, 'fast', noProxies);
    if (!isFast) {
      this.#node.adopt(wire, noBytes, source);
      return track;
    }
    track.connection = new FastConnection(wire.asSocket, source, {
      handler: this,
      now: () => 0,
      ...patience,
      idleMs: () => patience.headersTimeoutMs,
      outbox: this.#outbox,
      shedding: this.#staying,
      handOver: (connection, bytes) => {
        track.connection = undefined;
        track.handedOver = { from: track.read - bytes.length, readUpTo: track.read };
        const socket = connection.release();
        socket.allowHalfOpen = true;
        this.#node.adopt(socket, bytes, source);
      },
      closed: () => {
        track.connection = undefined;
      },
    });
    return track;
  }

  async #answerAll(tracks: readonly Track[]): Promise<void> {
    while (tracks.some(({ waiting }) => waiting.length > 0)) {
      for (const { waiting } of tracks) for (const reply of waiting.splice(0)) answer(reply);
      await settled();
    }
  }
}

const noBytes = Buffer.alloc(0);

function answer(reply: Reply): void {
  if (!reply.isOpen) return;
  reply.start(200, 'content-type: application/json\r\n', answerBody.length);
  reply.end(answerBody);
}

function differenceOf(fast: Track, node: Track): string | undefined {
  if (fast.unsafe !== undefined) return `unsafe to forward: ${fast.unsafe}`;
  for (let index = 0; index < Math.max(fast.seen.length, node.seen.length); index++) {
    const ours = fast.seen[index];
    const theirs = node.seen[index];
    if (theirs === undefined) return `request ${index + 1} is seen by the fast path only: ${JSON.stringify(ours)}`;
    if (ours === undefined) return `request ${index + 1} is seen by Node only: ${JSON.stringify(theirs)}`;
    if (ours.head !== theirs.head || ours.body !== theirs.body)
      return `request ${index + 1} differs:\n  fast ${JSON.stringify(ours)}\n  node ${JSON.stringify(theirs)}`;
  }
  return undefined;
}
