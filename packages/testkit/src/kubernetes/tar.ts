import { Buffer } from 'node:buffer';

/** One entry of a tar archive, without its bytes. `size` is 0 for anything but a file. */
export type TarEntry = {
  path: string;
  kind: 'file' | 'directory' | 'link';
  mode: number;
  size: number;
  uid: number;
  gid: number;
  mtimeSeconds: number;
  linkTo?: string;
};

const block = 512;
const typeFlags = { file: '0', link: '2', directory: '5' } as const satisfies Record<TarEntry['kind'], string>;

/** The header blocks of an entry: ustar, preceded by a pax header where ustar's fields are too short for it. */
export function tarHeader(entry: TarEntry): Buffer {
  const path = entry.kind === 'directory' ? `${entry.path}/` : entry.path;
  const split = splitPath(path);
  const long: Record<string, string> = {};
  if (split === undefined) long.path = path;
  if (entry.linkTo !== undefined && !fits(entry.linkTo, 100)) long.linkpath = entry.linkTo;
  const name = split ?? { prefix: '', name: cut(path, 100) };
  const header = ustar(entry, typeFlags[entry.kind], name, cut(entry.linkTo ?? '', 100), entry.size);
  return Object.keys(long).length === 0 ? header : Buffer.concat([paxHeader(entry, long), header]);
}

/** Zeroes that fill the last block of a file's bytes. */
export function tarPadding(size: number): Buffer {
  return Buffer.alloc((block - (size % block)) % block);
}

export const tarEnd = Buffer.alloc(2 * block);

function paxHeader(entry: TarEntry, fields: Record<string, string>): Buffer {
  const body = Buffer.from(
    Object.entries(fields)
      .map(([key, value]) => paxRecord(key, value))
      .join(''),
  );
  const plain = { ...entry, mode: 0o644 };
  return Buffer.concat([
    ustar(plain, 'x', { prefix: '', name: 'pax-header' }, '', body.length),
    body,
    tarPadding(body.length),
  ]);
}

/** `"LENGTH key=value\n"`, where the length counts its own digits too. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const bytes = Buffer.byteLength(rest);
  let length = bytes + 1;
  while (length !== bytes + String(length).length) length = bytes + String(length).length;
  return `${length}${rest}`;
}

type Name = { prefix: string; name: string };

function ustar(entry: TarEntry, type: string, { prefix, name }: Name, linkTo: string, size: number): Buffer {
  const header = Buffer.alloc(block);
  header.write(name, 0);
  octal(header, 100, 8, entry.mode);
  octal(header, 108, 8, entry.uid);
  octal(header, 116, 8, entry.gid);
  octal(header, 124, 12, size);
  octal(header, 136, 12, entry.mtimeSeconds);
  header.write('        ', 148);
  header.write(type, 156);
  header.write(linkTo, 157);
  header.write('ustar\x0000', 257, 'latin1');
  octal(header, 329, 8, 0);
  octal(header, 337, 8, 0);
  header.write(prefix, 345);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

function octal(header: Buffer, offset: number, width: number, value: number): void {
  const digits = value.toString(8).padStart(width - 1, '0');
  // 8 GiB in the size field: an image layer beyond that is a mistake, not something to encode differently.
  if (digits.length >= width) throw new Error(`${value} does not fit a tar header`);
  header.write(`${digits}\0`, offset);
}

/** Undefined when the path fits neither the name field nor name and prefix. */
function splitPath(path: string): Name | undefined {
  if (fits(path, 100)) return { prefix: '', name: path };
  if (!isAscii(path)) return undefined;
  for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
    const name = path.slice(slash + 1);
    if (slash <= 155 && name.length > 0 && name.length <= 100) return { prefix: path.slice(0, slash), name };
  }
  return undefined;
}

/** ustar says nothing about encodings, so anything but ASCII goes into a pax header, which is UTF-8. */
function fits(text: string, width: number): boolean {
  return isAscii(text) && text.length <= width;
}

function isAscii(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range of ASCII begins with control characters
  return /^[\x00-\x7f]*$/.test(text);
}

function cut(text: string, width: number): string {
  return text.replace(/[^ -~]/g, '_').slice(0, width);
}
