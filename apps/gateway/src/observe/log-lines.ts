/** How lines of the request log look: as the logger's, without its cost. */
export interface LineStyle {
  format: 'json' | 'pretty';
  service: string;
  gatewayId: string;
}

/** Writes a line's parts. Parts that stay the same are made once and put together per line. */
export interface LineParts {
  head(at: number): string;
  /** Of a field whose value is a number, `null`, or text that needs no escape and is closed by `quote`. */
  name(field: string): string;
  text(field: string): string;
  quote: string;
  /** A whole field. */
  field(field: string, value: unknown): string;
  end: string;
}

export function lineParts(message: string, style: LineStyle): LineParts {
  const { service, gatewayId } = style;
  if (style.format === 'pretty') {
    return {
      head: createTimeText('', ` INFO  ${message} gatewayId=${gatewayId}`),
      name: (field) => ` ${field}=`,
      text: (field) => ` ${field}=`,
      quote: '',
      field: (field, value) => ` ${field}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
      end: '\n',
    };
  }
  const head = JSON.stringify({ level: 'info', message, service, gatewayId });
  return {
    head: createTimeText(`${head.slice(0, -1)},"timestamp":"`, '"'),
    name: (field) => inOnePiece(`,"${field}":`),
    text: (field) => inOnePiece(`,"${field}":"`),
    quote: '"',
    field: (field, value) => `,"${field}":${JSON.stringify(value)}`,
    end: '}\n',
  };
}

/**
 * The same text in one piece. What is put together with `+` stays a tree of its pieces until it is written, and a
 * remembered tree is walked again by every line it is part of: that doubled what encoding a line costs.
 */
export function inOnePiece(text: string): string {
  return Buffer.from(text).toString();
}

/** ISO 8601, with all but the milliseconds made once a second. */
function createTimeText(before: string, after: string): (at: number) => string {
  const milliseconds = Array.from({ length: 1_000 }, (_, ms) => inOnePiece(`${String(ms).padStart(3, '0')}Z${after}`));
  let second = Number.NaN;
  let text = '';
  return (at) => {
    const thisSecond = Math.floor(at / 1_000);
    if (thisSecond !== second) {
      second = thisSecond;
      text = inOnePiece(before + new Date(thisSecond * 1_000).toISOString().slice(0, -4));
    }
    return text + milliseconds[Math.floor(at - thisSecond * 1_000)];
  };
}

const fractions = ['', '.1', '.2', '.3', '.4', '.5', '.6', '.7', '.8', '.9'];

/** Milliseconds with one decimal: by whole numbers, since a double's shortest decimal costs 150 ns and this 20. */
export function msText(ms: number): string {
  const tenths = Math.round(ms * 10);
  const whole = Math.floor(tenths / 10);
  return whole + (fractions[tenths - whole * 10] ?? '');
}

/** What was made of few, often repeated values; forgets all of it rather than growing without bound. */
export class Remembered<Made> {
  readonly #make: (value: string | null) => Made;
  readonly #most: number;
  readonly #made = new Map<string | null, Made>();

  constructor(make: (value: string | null) => Made, most = 1_000) {
    this.#make = make;
    this.#most = most;
  }

  get(value: string | null): Made {
    let made = this.#made.get(value);
    if (made === undefined) {
      made = this.#make(value);
      if (this.#made.size >= this.#most) this.#made.clear();
      this.#made.set(value, made);
    }
    return made;
  }
}
