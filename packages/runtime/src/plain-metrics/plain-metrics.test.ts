import { describe, expect, test } from '@jest/globals';
import { MetricRows } from './rows.ts';
import { addTo, observeIn, setIn, shapeTable } from './shape.ts';
import { keepRows, mergeStates, snapshotOf } from './state.ts';
import { metricsText } from './text.ts';

const shape = shapeTable({
  name: 'things',
  labels: ['route'],
  metrics: {
    done: { kind: 'counter', name: 'done_total', help: 'Done.', by: { label: 'outcome', values: ['ok', 'error'] } },
    open: { kind: 'gauge', over: 'sum', name: 'open', help: 'Open.' },
    oldest: { kind: 'gauge', over: 'max', name: 'oldest', help: 'Oldest.' },
    behind: { kind: 'gauge', over: 'min', name: 'behind', help: 'Behind.' },
    wait: { kind: 'histogram', bounds: [0.1, 1], name: 'wait_seconds', help: 'Wait.' },
  },
});
const { done, open, oldest, behind, wait } = shape.at;

function counted(route: string, change: (row: Float64Array) => void) {
  const rows = new MetricRows(shape);
  change(rows.row(route));
  return snapshotOf([rows]);
}

describe('counting', () => {
  test('a value counts in the first bucket whose bound it does not exceed', () => {
    const row = new Float64Array(shape.size);
    for (const value of [0.05, 0.1, 0.100001, 1, 7]) observeIn(row, wait, value);
    expect([...row.slice(wait.offset, wait.offset + 3)]).toEqual([2, 2, 1]);
    expect(row[wait.offset + 3]).toBeCloseTo(8.250001);
  });

  test('a histogram that is split by a label counts each part apart', () => {
    const split = shapeTable({
      name: 'split',
      labels: [],
      metrics: {
        size: { kind: 'histogram', bounds: [1], name: 's', help: 'S.', by: { label: 'of', values: ['a', 'b'] } },
      },
    });
    const rows = new MetricRows(split);
    observeIn(rows.row(), split.at.size, 1, 0);
    observeIn(rows.row(), split.at.size, 5, 1);
    expect(metricsText([split], snapshotOf([rows])).split('\n')).toEqual([
      '# HELP s S.',
      '# TYPE s histogram',
      's_bucket{of="a",le="1"} 1',
      's_bucket{of="a",le="+Inf"} 1',
      's_sum{of="a"} 1',
      's_count{of="a"} 1',
      's_bucket{of="b",le="1"} 0',
      's_bucket{of="b",le="+Inf"} 1',
      's_sum{of="b"} 5',
      's_count{of="b"} 1',
      '',
    ]);
  });

  test('rows past the bound are counted together', () => {
    const rows = new MetricRows(shape, 2);
    for (const route of ['a', 'b', 'c', 'd', 'a']) addTo(rows.row(route), done, 1);
    expect(Array.from(rows.all(), ({ labels, values }) => [labels[0], values[0]])).toEqual([
      ['a', 2],
      ['b', 1],
      ['other', 2],
    ]);
  });

  test('a row that went is not brought back by who still holds it', () => {
    const rows = new MetricRows(shape);
    const held = rows.row('gone');
    rows.row('stays');
    rows.keep(([route]) => route === 'stays');
    addTo(held, done, 1);
    expect(Array.from(rows.all(), ({ labels }) => labels[0])).toEqual(['stays']);
  });
});

describe('the text', () => {
  test('is what Prometheus reads: cumulative buckets, escaped labels, no empty histogram', () => {
    const rows = new MetricRows(shape);
    const row = rows.row('a"b\\c\nd');
    addTo(row, done, 3, 1);
    for (const value of [0.05, 0.5, 2]) observeIn(row, wait, value);
    rows.row('quiet');
    expect(metricsText([shape], snapshotOf([rows]))).toBe(
      [
        '# HELP done_total Done.',
        '# TYPE done_total counter',
        'done_total{route="a\\"b\\\\c\\nd",outcome="ok"} 0',
        'done_total{route="a\\"b\\\\c\\nd",outcome="error"} 3',
        'done_total{route="quiet",outcome="ok"} 0',
        'done_total{route="quiet",outcome="error"} 0',
        '# HELP open Open.',
        '# TYPE open gauge',
        'open{route="a\\"b\\\\c\\nd"} 0',
        'open{route="quiet"} 0',
        '# HELP oldest Oldest.',
        '# TYPE oldest gauge',
        'oldest{route="a\\"b\\\\c\\nd"} 0',
        'oldest{route="quiet"} 0',
        '# HELP behind Behind.',
        '# TYPE behind gauge',
        'behind{route="a\\"b\\\\c\\nd"} 0',
        'behind{route="quiet"} 0',
        '# HELP wait_seconds Wait.',
        '# TYPE wait_seconds histogram',
        'wait_seconds_bucket{route="a\\"b\\\\c\\nd",le="0.1"} 1',
        'wait_seconds_bucket{route="a\\"b\\\\c\\nd",le="1"} 2',
        'wait_seconds_bucket{route="a\\"b\\\\c\\nd",le="+Inf"} 3',
        'wait_seconds_sum{route="a\\"b\\\\c\\nd"} 2.55',
        'wait_seconds_count{route="a\\"b\\\\c\\nd"} 3',
        '',
      ].join('\n'),
    );
  });
});

describe('several processes', () => {
  const valuesOf = (state: ReturnType<typeof counted>, route: string) =>
    state.things?.rows.find(({ labels }) => labels[0] === route)?.values ?? [];
  const worker = (factor: number) =>
    counted('chat', (row) => {
      addTo(row, done, factor);
      setIn(row, open, factor);
      setIn(row, oldest, factor);
      setIn(row, behind, factor);
      observeIn(row, wait, factor);
    });

  test('counters, buckets and sums add up, gauges as each says', () => {
    const merged = mergeStates([shape], [worker(2), worker(5), counted('other', (row) => addTo(row, done, 1))]);
    const chat = valuesOf(merged, 'chat');
    expect(chat[done.offset]).toBe(7);
    expect([chat[open.offset], chat[oldest.offset], chat[behind.offset]]).toEqual([7, 5, 2]);
    expect(chat.slice(wait.offset, wait.offset + 4)).toEqual([0, 0, 2, 7]);
    expect(valuesOf(merged, 'other')[done.offset]).toBe(1);
  });

  test('a state survives the way to another process as JSON', () => {
    const there: typeof state = JSON.parse(JSON.stringify(worker(3)));
    const state = worker(3);
    expect(mergeStates([shape], [there])).toEqual(mergeStates([shape], [state]));
  });

  test('of one that ended the counts stay and the levels go, also when nobody else has the row', () => {
    const both = mergeStates([shape], [worker(2)], [worker(5)]);
    expect(valuesOf(both, 'chat').slice(0, wait.offset)).toEqual([7, 0, 2, 2, 2]);
    const alone = mergeStates([shape], [], [worker(5)]);
    expect(valuesOf(alone, 'chat').slice(0, wait.offset)).toEqual([5, 0, 0, 0, 0]);
  });

  test('what only says something about one process ends with it', () => {
    const own = shapeTable({
      name: 'own',
      labels: ['worker'],
      perProcess: true,
      metrics: { cpu: { kind: 'counter', name: 'cpu_total', help: 'CPU.' } },
    });
    const rows = new MetricRows(own);
    addTo(rows.row('1'), own.at.cpu, 3);
    expect(mergeStates([own], [snapshotOf([rows])]).own?.rows).toHaveLength(1);
    expect(mergeStates([own], [], [snapshotOf([rows])]).own?.rows).toHaveLength(0);
  });

  test('a table of another release is left out instead of being added to the wrong numbers', () => {
    const other = { things: { size: shape.size + 1, rows: [{ labels: ['chat'], values: [9] }] } };
    expect(valuesOf(mergeStates([shape], [worker(1), other]), 'chat')[done.offset]).toBe(1);
  });

  test('rows that the snapshot no longer names can be dropped from a state', () => {
    const state = mergeStates([shape], [worker(1), counted('gone', (row) => addTo(row, done, 1))]);
    const kept = keepRows(state, shape, ([route]) => route !== 'gone');
    expect(kept.things?.rows.map(({ labels }) => labels[0])).toEqual(['chat']);
  });
});
