import { describe, expect, test } from '@jest/globals';
import { EventReader } from './event-reader.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('reading the control plane’s event stream', () => {
  test('an event cut at any byte comes out whole', () => {
    const text = ': beat\n\nevent: snapshot\r\nid: 1.2\r\ndata: {"name":"é"}\r\n\r\nevent: other\ndata: a\ndata: b\n\n';
    const stream = bytes(text);
    for (let cut = 0; cut <= stream.length; cut++) {
      const reader = new EventReader();
      const events = [...reader.read(stream.subarray(0, cut)), ...reader.read(stream.subarray(cut))];
      expect(events).toEqual([
        { name: 'snapshot', data: '{"name":"é"}' },
        { name: 'other', data: 'a\nb' },
      ]);
    }
  });

  test('heartbeats are no events', () => {
    expect(new EventReader().read(bytes(':\n\n: hi\n\n'))).toEqual([]);
  });

  test('an endless event is given up', () => {
    const reader = new EventReader(100);
    expect(() => reader.read(bytes(`data: ${'x'.repeat(200)}`))).toThrow('larger than 100');
  });
});
