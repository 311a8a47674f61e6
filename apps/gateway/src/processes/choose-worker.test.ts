import { expect, test } from '@jest/globals';
import { chooseWorker } from './choose-worker.ts';

const now = 1_000;
const free = (connections: number) => ({ connections, takingSince: undefined });
const taking = (connections: number, since = now) => ({ connections, takingSince: since });

test.each([
  { name: 'with no worker there is nobody', workers: [], want: undefined },
  { name: 'the one with the fewest connections gets it', workers: [free(3), free(1), free(2)], want: 1 },
  { name: 'of equals the first', workers: [free(2), free(2)], want: 0 },
  { name: 'one that is taking gets no second one', workers: [taking(0), free(2)], want: 1 },
  { name: 'when all are taking it waits', workers: [taking(0), taking(0)], want: undefined },
  { name: 'others are some ahead of one that is taking', workers: [taking(1), free(5)], want: 1 },
  { name: 'beyond that the connection waits for it', workers: [taking(1), free(6)], want: undefined },
  { name: 'the lead grows with the connections', workers: [taking(1_600), free(1_704)], want: 1 },
  { name: 'the lead of thousands has a bound too', workers: [taking(1_600), free(1_705)], want: undefined },
  { name: 'nothing waits for one that does not come to take it', workers: [taking(0, now - 100), free(50)], want: 1 },
])('$name', ({ workers, want }) => {
  const chosen = chooseWorker(workers, now);
  expect(chosen === undefined ? undefined : workers.indexOf(chosen)).toBe(want);
});

test('streams that come one by one spread evenly', () => {
  const workers = [{ ...free(0) }, { ...free(0) }, { ...free(0) }];
  for (let at = 0; at < 99; at++) {
    const chosen = chooseWorker(workers, now);
    if (chosen !== undefined) chosen.connections++;
  }
  expect(workers.map(({ connections }) => connections)).toEqual([33, 33, 33]);
});
