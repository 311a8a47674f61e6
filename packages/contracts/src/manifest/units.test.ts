import { describe, expect, test } from '@jest/globals';
import { byteQuantity, formatByteQuantity } from './byte-quantity.ts';
import { duration, formatDuration } from './duration.ts';
import { formatPath, parentPath } from './path.ts';
import { formatPercentage, percentage } from './percentage.ts';

describe('durations', () => {
  const schema = duration({ minMs: 0 });

  test.each([
    ['500ms', 500, '500ms'],
    ['90s', 90_000, '1m30s'],
    ['10m', 600_000, '10m'],
    ['1h30m', 5_400_000, '1h30m'],
    ['1.5h', 5_400_000, '1h30m'],
    ['0.001h', 3_600, '3s600ms'],
    ['1d', 86_400_000, '24h'],
    ['1d2h3m4s5ms', 93_784_005, '26h3m4s5ms'],
    ['0s', 0, '0s'],
    ['30d', 2_592_000_000, '720h'],
  ])('%s is %d ms, and written %s', (written, ms, formatted) => {
    expect(schema.parse(written)).toBe(ms);
    expect(formatDuration(ms)).toBe(formatted);
    expect(schema.parse(formatted)).toBe(ms);
  });

  test.each(['', '10', 10, '10 m', '-5m', '5M', '30m1h', '1m1m', '1e3s', '31d', '0.5ms', '1.s', 's', '٣s', null])(
    '%j is none',
    (written) => expect(schema.safeParse(written).success).toBe(false),
  );
});

describe('sizes', () => {
  test.each([
    ['64Gi', 64 * 2 ** 30, '64Gi'],
    ['1.5Gi', 1.5 * 2 ** 30, '1536Mi'],
    ['2G', 2e9, '1953125Ki'],
    [1_000, 1_000, '1000'],
    ['1k', 1_000, '1000'],
    ['1Pi', 2 ** 50, '1Pi'],
  ])('%s is %d bytes, and written %s', (written, bytes, formatted) => {
    expect(byteQuantity.parse(written)).toBe(bytes);
    expect(formatByteQuantity(bytes)).toBe(formatted);
    expect(byteQuantity.parse(formatted)).toBe(bytes);
  });

  test.each(['', '0', '64GB', '64gi', '1K', '0.1', '9000Pi', '-1Gi', '1e3', 1.5, -1])('%j is none', (written) =>
    expect(byteQuantity.safeParse(written).success).toBe(false),
  );
});

describe('percentages', () => {
  const schema = percentage({ max: 1 });

  test.each([
    ['2%', 0.02, '2%'],
    ['0.7%', 0.007, '0.7%'],
    [0.07, 0.07, '7%'],
    ['100%', 1, '100%'],
    ['0%', 0, '0%'],
    [0, 0, '0%'],
    [0.123_456_789, 0.123_456_79, '12.345679%'],
    [1e-7, 1e-7, '0.00001%'],
  ])('%s is the fraction %d, and written %s', (written, fraction, formatted) => {
    expect(schema.parse(written)).toBe(fraction);
    expect(formatPercentage(fraction)).toBe(formatted);
    expect(schema.parse(formatted)).toBe(fraction);
  });

  test.each(['', '2', '101%', 1.01, -0.1, '-2%', '%', '2 %', Number.NaN, Number.POSITIVE_INFINITY])(
    '%p is none',
    (written) => expect(schema.safeParse(written).success).toBe(false),
  );
});

describe('paths', () => {
  test.each([
    [['spec', 'rollout', 'steps', 1, 'weight'], 'spec.rollout.steps[1].weight', 'spec.rollout.steps[1]'],
    [['spec', 'steps', 1], 'spec.steps[1]', 'spec.steps'],
    [['spec', 'engine', 'args', 'max-model-len'], 'spec.engine.args.max-model-len', 'spec.engine.args'],
    [['labels', 'example.com/team'], 'labels.example.com/team', 'labels.example'],
    [['labels', 'a "b" [c]'], 'labels["a \\"b\\" [c]"]', 'labels'],
    [['labels', ''], 'labels[""]', 'labels'],
    [['spec'], 'spec', ''],
    [[0], '[0]', ''],
  ])('%j is written %s, below %s', (path, formatted, parent) => {
    expect(formatPath(path)).toBe(formatted);
    expect(parentPath(formatted)).toBe(parent);
  });

  test('there is nothing above the top', () => expect(parentPath('')).toBeUndefined());
});
