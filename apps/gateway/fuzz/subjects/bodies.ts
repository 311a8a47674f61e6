import { isUtf8 } from 'node:buffer';
import { type BodyScan, scanBody } from '../../src/proxy/scan-body.ts';
import type { Case } from '../case.ts';
import type { Dice } from '../dice.ts';
import { jsonBody } from '../grammar/json-bodies.ts';
import { mutate } from '../mutate.ts';
import type { Subject } from '../subject.ts';

/** The scan of JSON bodies beside `JSON.parse`: they must never see two models in one body. */
export class Bodies implements Subject {
  readonly name = 'bodies';
  taken = 0;

  make(dice: Dice): Case {
    return { bytes: mutate(dice, jsonBody(dice)), cuts: [], isLate: false };
  }

  async compare(cases: readonly Case[]): Promise<(string | undefined)[]> {
    return cases.map(({ bytes }) => {
      const scan = scanBody(bytes);
      if (scan.kind === 'refused') return undefined;
      this.taken++;
      return differenceOf(bytes, scan);
    });
  }

  close(): void {}
}

function differenceOf(bytes: Buffer, scan: Extract<BodyScan, { kind: 'read' }>): string | undefined {
  const parsed = parse(bytes);
  if (!isUtf8(bytes)) return 'what is no UTF-8 is read';
  if (parsed === undefined) {
    // Mistakes deep inside are the engine's to refuse; on the top level there must be none.
    const top = parse(Buffer.from(withoutInside(bytes.toString())));
    return top === undefined ? `read, but no JSON: model ${JSON.stringify(scan.model)}` : undefined;
  }
  const { model, stream } = parsed;
  if (scan.model !== model) return `model ${JSON.stringify(scan.model)}, JSON.parse says ${JSON.stringify(model)}`;
  if (scan.stream !== (stream === true)) return `stream ${scan.stream}, JSON.parse says ${JSON.stringify(stream)}`;
  return undefined;
}

function parse(bytes: Buffer): { model?: unknown; stream?: unknown } | undefined {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}

/** The same text with strings emptied and what is nested taken out. */
function withoutInside(text: string): string {
  let shorter = text.replace(/"(?:[^"\\]|\\[\s\S])*"/g, '""');
  const start = shorter.indexOf('{') + 1;
  for (let before = ''; before !== shorter; ) {
    before = shorter;
    shorter = shorter.slice(0, start) + shorter.slice(start).replace(/\[[^[\]{}]*\]|\{[^[\]{}]*\}/g, '0');
  }
  return shorter;
}
