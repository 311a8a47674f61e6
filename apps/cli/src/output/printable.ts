import { stripVTControlCharacters } from 'node:util';

/** Escape sequences and other control characters from outside must not steer the user's terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** Text of several lines: keeps tabs and line ends, drops escape sequences, shows other control characters as `�`. */
export function printable(text: string): string {
  return stripVTControlCharacters(text).replace(/\r\n/g, '\n').replace(CONTROLS, '\ufffd');
}

/** Text for one cell or one line. */
export function oneLine(text: string): string {
  return printable(text)
    .replace(/\s*\n\s*/g, ' ⏎ ')
    .replaceAll('\t', ' ');
}
