import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createLineWriter } from './line-writer.ts';

describe('the line writer', () => {
  const writes: string[] = [];
  const write = (lines: Buffer, done: () => void): boolean => {
    writes.push(lines.toString());
    done();
    return true;
  };
  beforeEach(() => {
    writes.length = 0;
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('lines wait for each other, but not long', () => {
    const writer = createLineWriter({ write, delayMs: 50 });
    writer.write('one\n');
    jest.advanceTimersByTime(49);
    writer.write('two\n');
    expect(writes).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(writes).toEqual(['one\ntwo\n']);
    writer.write('three\n');
    jest.advanceTimersByTime(50);
    expect(writes).toEqual(['one\ntwo\n', 'three\n']);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('lines that fill the buffer are written before they would not fit, whole and in order', () => {
    const writer = createLineWriter({ write, bytes: 100 });
    const lines = Array.from({ length: 50 }, (_, index) => `${index} ${'ü€😀'.slice(0, index % 5)}\n`);
    for (const line of lines) writer.write(line);
    writer.flush();
    expect(writes.length).toBeGreaterThan(3);
    expect(writes.every((text) => text.endsWith('\n') && Buffer.byteLength(text) <= 100)).toBe(true);
    expect(writes.join('')).toBe(Buffer.from(lines.join('')).toString());
  });

  test('a line that is larger than the buffer goes alone, after those before it', () => {
    const writer = createLineWriter({ write, bytes: 100 });
    writer.write('short\n');
    writer.write(`${'x'.repeat(200)}\n`);
    expect(writes).toEqual(['short\n', `${'x'.repeat(200)}\n`]);
  });

  test('after it is closed nothing waits any more', async () => {
    const writer = createLineWriter({ write });
    writer.write('one\n');
    await writer.close();
    writer.write('two\n');
    expect(writes).toEqual(['one\n', 'two\n']);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('closing waits until everything has left', async () => {
    const leaves: (() => void)[] = [];
    const writer = createLineWriter({ write: (_, done) => leaves.push(done) > 0, bytes: 20 });
    for (const line of ['one\n', 'two\n', 'three\n']) writer.write(line);
    let isClosed = false;
    const closing = writer.close().then(() => {
      isClosed = true;
    });
    for (const leave of leaves.slice(1)) leave();
    await Promise.resolve();
    expect(isClosed).toBe(false);
    leaves[0]?.();
    await closing;
  });

  test('what is not taken is dropped and counted', async () => {
    const writer = createLineWriter({ write: () => false });
    writer.write('one\n');
    await writer.close();
    expect(writer.droppedBytes).toBe(4);
  });
});
