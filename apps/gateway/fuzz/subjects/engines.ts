import { type ClientRequest, request } from 'node:http';
import { type AnswerListener, AnswerReader } from '../../src/http1/answer-reader.ts';
import type { ResponseHead } from '../../src/http1/response-head.ts';
import { type Case, randomCuts, readsOf } from '../case.ts';
import type { Dice } from '../dice.ts';
import { answer } from '../grammar/answers.ts';
import { mutate } from '../mutate.ts';
import type { Subject } from '../subject.ts';
import { settled, Wire } from './wire.ts';

/** An answer as a reader understood it. */
class SeenAnswer implements AnswerListener {
  status: number | undefined;
  headers = '';
  body = '';
  isWhole = false;
  unsafe: string | undefined;

  head(head: ResponseHead): void {
    this.status = head.status;
    this.headers = head.passed;
    if (!cleanLines.test(head.passed) || framing.test(head.passed)) this.unsafe = head.passed;
  }

  data(bytes: Buffer): void {
    this.body += bytes.toString('latin1');
  }

  flush(): void {}
}

const cleanLines = /^(?:[!#$%&'*+.^_`|~0-9a-zA-Z-]+:[\t\x20-\x7e\x80-\xff]*\r\n)*$/;
const framing = /^(?:content-length|transfer-encoding|connection|trailer|upgrade|set-cookie|x-signalbox-.*)[ \t]*:/im;

/** Our reader of engines' answers beside Node's http client. */
export class Engines implements Subject {
  readonly name = 'engines';
  taken = 0;

  make(dice: Dice): Case {
    const bytes = mutate(dice, answer(dice));
    return { bytes, cuts: randomCuts(dice, bytes), isLate: false };
  }

  async compare(cases: readonly Case[]): Promise<(string | undefined)[]> {
    const node = await readByNode(cases);
    return cases.map((each, index) => {
      const ours = readByOurs(each);
      if (ours.isWhole) this.taken++;
      return differenceOf(ours, node[index] as SeenAnswer);
    });
  }

  close(): void {}
}

/** As `UpstreamConnection` does it: every read in the same buffer, the end of the connection an end of some answers. */
function readByOurs(given: Case): SeenAnswer {
  const seen = new SeenAnswer();
  const reader = new AnswerReader<SeenAnswer>();
  reader.listener = seen;
  const buffer = Buffer.alloc(given.bytes.length);
  for (const read of readsOf(given)) {
    buffer.fill(0x58);
    read.copy(buffer);
    const outcome = reader.read(buffer, read.length);
    if (outcome === 'malformed') return seen;
    seen.isWhole = outcome === 'whole';
    if (seen.isWhole) return seen;
  }
  seen.isWhole = reader.head?.framing === 'close';
  return seen;
}

async function readByNode(cases: readonly Case[]): Promise<SeenAnswer[]> {
  const seen = cases.map(() => new SeenAnswer());
  const wires = cases.map(() => new Wire({ allowHalfOpen: true }));
  for (const [index, wire] of wires.entries()) listen(asking(wire), seen[index] as SeenAnswer);
  await settled();
  const reads = cases.map(readsOf);
  for (let turn = 0; reads.some((each) => turn < each.length); turn++) {
    for (const [index, wire] of wires.entries()) {
      const read = reads[index]?.[turn];
      if (read !== undefined && !wire.destroyed) wire.push(Buffer.from(read));
    }
    await settled();
  }
  for (const wire of wires) if (!wire.destroyed) wire.push(null);
  await settled();
  for (const wire of wires) wire.destroy();
  await settled();
  return seen;
}

function asking(wire: Wire): ClientRequest {
  const asked = request({ method: 'POST', path: '/', createConnection: () => wire });
  asked.end('{}');
  return asked;
}

function listen(asked: ClientRequest, seen: SeenAnswer): void {
  asked.on('error', () => undefined);
  asked.on('upgrade', (_, socket) => socket.destroy());
  asked.on('response', (response) => {
    seen.status = response.statusCode;
    for (let index = 0; index + 1 < response.rawHeaders.length; index += 2)
      seen.headers += `${response.rawHeaders[index]}: ${response.rawHeaders[index + 1]}\r\n`;
    response.on('data', (chunk: Buffer) => seen.data(chunk));
    response.on('end', () => {
      seen.isWhole = response.complete;
    });
    response.on('error', () => undefined);
  });
}

function differenceOf(ours: SeenAnswer, node: SeenAnswer): string | undefined {
  if (ours.unsafe !== undefined) return `unsafe to pass on: ${JSON.stringify(ours.unsafe)}`;
  if (ours.status === undefined) return undefined;
  const both = `\n  ours ${JSON.stringify(ours)}\n  node ${JSON.stringify(node)}`;
  if (node.status === undefined) return `a head that Node refuses:${both}`;
  if (ours.status !== node.status) return `another status:${both}`;
  if (!namesIn(ours.headers).every((name) => namesIn(node.headers).includes(name))) return `another header:${both}`;
  if (ours.isWhole && !node.isWhole) return `an answer that Node does not take for whole:${both}`;
  if (ours.isWhole && ours.body !== node.body) return `another body:${both}`;
  if (!ours.isWhole && !ours.body.startsWith(node.body) && !node.body.startsWith(ours.body))
    return `other data:${both}`;
  return undefined;
}

/** `name:value` each, as far as both readers tell them. */
function namesIn(headers: string): string[] {
  return headers
    .split('\r\n')
    .filter((line) => line !== '')
    .map((line) => {
      const colon = line.indexOf(':');
      return `${line.slice(0, colon).toLowerCase()}:${line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '')}`;
    });
}
