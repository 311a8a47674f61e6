import { isUtf8 } from 'node:buffer';
import type { Edit } from '../json/edit-bytes.ts';
import { dispositionName } from './disposition-name.ts';

/** The `model` field of a form, and where its value stands in the body. */
export type FormModel =
  | { kind: 'read'; model: string; valueStart: number; valueEnd: number }
  | { kind: 'refused'; because: string; param: string | null };

const maxParts = 64;
const maxHeaderBytes = 8_192;
const maxModelBytes = 1_024;
const dashes = Buffer.from('--');
const lineEnd = Buffer.from('\r\n');
const headEnd = Buffer.from('\r\n\r\n');

class Refused extends Error {
  readonly param: string | null;
  constructor(because: string, param: string | null = null) {
    super(because);
    this.param = param;
  }
}

/**
 * Finds the model in a multipart form, as audio and image calls are. It must see the same field as the engine's parser
 * does, so whatever two parsers may read differently (a second `model`, text before the first boundary or behind the
 * last, lines that end in a bare line feed, names with escapes) is refused. Files are not looked at but for the
 * boundary.
 */
export function formModel(body: Buffer, contentType: string): FormModel {
  try {
    const boundary = boundaryIn(contentType);
    return read(body, Buffer.from(`--${boundary}`), Buffer.from(`\r\n--${boundary}`));
  } catch (error) {
    if (error instanceof Refused) return { kind: 'refused', because: error.message, param: error.param };
    throw error;
  }
}

/** The engine's name in the place of the caller's. */
export function formModelEdit(found: { valueStart: number; valueEnd: number }, servedModelName: string): Edit {
  if (/[\r\n]/.test(servedModelName)) throw new RangeError('a model name has no line ends');
  return {
    at: found.valueStart,
    remove: found.valueEnd - found.valueStart,
    insert: Buffer.from(servedModelName),
  };
}

const bareBoundary = /^[0-9A-Za-z'()+_,./:=?-]{1,70}$/;

/** Of the header's parameters only one boundary, in the letters that RFC 2046 allows without surprises. */
function boundaryIn(contentType: string): string {
  const found = /^multipart\/form-data\s*;\s*boundary=(?:"([^"\\]*)"|([^\s";,]+))\s*$/i.exec(contentType);
  const boundary = found?.[1] ?? found?.[2];
  if (boundary === undefined || !bareBoundary.test(boundary))
    throw new Refused('Send a form: Content-Type: multipart/form-data with one plain boundary.');
  return boundary;
}

function read(body: Buffer, first: Buffer, delimiter: Buffer): FormModel {
  if (!startsWith(body, first, 0)) throw malformed(0);
  let found: { start: number; end: number } | undefined;
  let at = first.length;
  for (let parts = 0; !startsWith(body, dashes, at); parts++) {
    if (parts === maxParts) throw new Refused(`The form has more than ${maxParts} fields.`);
    if (!startsWith(body, lineEnd, at)) throw malformed(at);
    const headStart = at + lineEnd.length;
    const headStop = body.indexOf(headEnd, headStart);
    if (headStop < 0 || headStop - headStart > maxHeaderBytes) throw malformed(headStart);
    const start = headStop + headEnd.length;
    // A boundary right behind the head, without a line end of its own, ends the part for some parsers only.
    const end = body.indexOf(delimiter, start - lineEnd.length);
    if (end < start) throw malformed(end < 0 ? body.length : start);
    const field = fieldOf(body.toString('latin1', headStart, headStop));
    if (field === undefined) throw malformed(headStart);
    if (field.name === 'model') {
      if (found !== undefined) throw new Refused('The field "model" occurs twice.', 'model');
      if (!field.isPlain) throw new Refused('"model" must be a plain text field.', 'model');
      found = { start, end };
    }
    at = end + delimiter.length;
  }
  const rest = body.subarray(at + dashes.length);
  if (rest.length > 0 && !rest.equals(lineEnd)) throw malformed(at);
  return modelIn(body, found);
}

function modelIn(body: Buffer, found: { start: number; end: number } | undefined): FormModel {
  if (found === undefined) throw new Refused('Name a model: the field "model" is missing.', 'model');
  const value = body.subarray(found.start, found.end);
  if (value.length === 0) throw new Refused('"model" is empty.', 'model');
  if (value.length > maxModelBytes) throw new Refused('"model" is too long.', 'model');
  const model = value.toString('utf8');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (!isUtf8(value) || /[\x00-\x1f\x7f]/.test(model)) throw new Refused('"model" is no plain text.', 'model');
  return { kind: 'read', model, valueStart: found.start, valueEnd: found.end };
}

/** What the head of a part says; undefined when it is no head that all parsers read alike. */
function fieldOf(head: string): { name: string; isPlain: boolean } | undefined {
  let disposition: string | undefined;
  let isPlain = true;
  for (const line of head.split('\r\n')) {
    // Folded lines, bare line ends and names with spaces are where parsers part ways.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    const header = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)$/.exec(line);
    if (header === null) return undefined;
    const name = (header[1] as string).toLowerCase();
    if (name === 'content-disposition') {
      if (disposition !== undefined) return undefined;
      disposition = header[2] as string;
    } else if (name === 'content-transfer-encoding') isPlain = false;
    else if (name === 'content-type' && !/^text\/plain\b/i.test(header[2] as string)) isPlain = false;
  }
  const named = disposition === undefined ? undefined : dispositionName(disposition);
  return named && { name: named.name, isPlain: isPlain && !named.hasFile };
}

function startsWith(body: Buffer, text: Buffer, at: number): boolean {
  return body.length >= at + text.length && body.compare(text, 0, text.length, at, at + text.length) === 0;
}

function malformed(at: number): Refused {
  return new Refused(`The form is not well-formed: see byte ${at}.`);
}
