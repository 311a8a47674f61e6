import { MANIFEST_LIMITS } from './limits.ts';

export interface SourceFile {
  file: string;
  text: string;
}

/** Line and column, both from 1. */
export type Place = readonly [line: number, column: number];

export type SourceText = { kind: 'readable'; text: string } | { kind: 'unreadable'; message: string; at: Place };

// NUL and other control characters, a byte order mark inside the text, U+FFFD (what decoders put where bytes are not
// UTF-8), and halves of surrogate pairs.
const unreadable = /(?![\t\n\r])[\p{Cc}\p{Cs}\ufeff\ufffd]/u;

/** Refuses what is no text, or too much of it, before a parser sees it. */
export function checkSourceText(text: string): SourceText {
  if (isTooLarge(text)) {
    const mebibytes = MANIFEST_LIMITS.fileBytes / (1024 * 1024);
    return { kind: 'unreadable', at: [1, 1], message: `the file is larger than ${mebibytes} MiB` };
  }
  // A byte order mark at the start is common and harmless; editors don't count it as a column.
  const withoutMark = text.startsWith('\ufeff') ? text.slice(1) : text;
  const offset = withoutMark.search(unreadable);
  if (offset < 0) return { kind: 'readable', text: withoutMark };
  const message = describeCharacter(withoutMark.charCodeAt(offset));
  return { kind: 'unreadable', at: placeOf(withoutMark, offset), message };
}

function isTooLarge(text: string): boolean {
  const { fileBytes } = MANIFEST_LIMITS;
  if (text.length > fileBytes) return true;
  // A UTF-16 unit is three bytes of UTF-8 at most: counting them is rarely needed.
  return text.length * 3 > fileBytes && new TextEncoder().encode(text).length > fileBytes;
}

function describeCharacter(code: number): string {
  if (code === 0) return 'the file contains a NUL character: save it as UTF-8 text';
  if (code === 0xfeff) return 'a byte order mark inside the file: remove it (files were joined, perhaps)';
  if (code === 0xfffd || code >= 0xd800) return 'the file is not valid UTF-8 here: save it as UTF-8';
  return `the control character U+${code.toString(16).toUpperCase().padStart(4, '0')} is not allowed`;
}

function placeOf(text: string, offset: number): Place {
  const before = text.slice(0, offset);
  return [before.split('\n').length, offset - before.lastIndexOf('\n')];
}
