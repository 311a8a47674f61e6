import { describe, expect, test } from '@jest/globals';
import { Deadlines } from '../deadlines.ts';
import { backendOf } from '../gateway.fixture.ts';
import { Outbox } from '../outbox.ts';
import { ReplicaConnections } from '../upstream/replica-connections.ts';
import { Lease } from './lease.ts';
import { Replica } from './replica.ts';

/** Nothing here opens a connection. */
const connections = new ReplicaConnections({
  address: '127.0.0.1:1',
  now: () => 0,
  deadlines: new Deadlines({ everyMs: 1_000, now: () => 0 }),
  outbox: new Outbox(),
});

function aReplica() {
  const replica = new Replica(
    { id: 'r-1', address: '127.0.0.1:1', state: 'serving' },
    backendOf({ revisionId: 'a', at: [] }),
    connections,
  );
  const ended: string[] = [];
  const lease = (tokens: number, at = 0) => new Lease(replica, tokens, at, ({ id }) => void ended.push(id));
  return { replica, lease, ended, seen: () => [replica.inFlight, replica.outstandingTokens] };
}

describe('leases', () => {
  test('a request counts until it ends, its prompt until the first byte', () => {
    const { lease, seen, ended } = aReplica();
    const [one, two] = [lease(100), lease(30)];
    expect(seen()).toEqual([2, 130]);
    one.prefillDone();
    expect(seen()).toEqual([2, 30]);
    one.end();
    two.end();
    expect(seen()).toEqual([0, 0]);
    expect(ended).toEqual(['r-1', 'r-1']);
  });

  test('what is said twice counts once', () => {
    const { lease, seen, ended } = aReplica();
    const [one] = [lease(100), lease(30)];
    one.end();
    one.prefillDone();
    one.end();
    expect(seen()).toEqual([1, 30]);
    expect(ended).toEqual(['r-1']);
  });

  test.each([[[0, 1, 2]], [[2, 1, 0]], [[1, 0, 2]], [[1, 2, 0]]])('prompts are read in any order: %j', (order) => {
    const { lease, seen } = aReplica();
    const leases = [lease(1), lease(10), lease(100)];
    let left = 111;
    for (const at of order) {
      leases[at]?.prefillDone();
      left -= 10 ** at;
      expect(seen()).toEqual([3, left]);
    }
    lease(7);
    expect(seen()).toEqual([4, 7]);
  });

  test('an answer that shows nothing for five seconds is taken for begun', () => {
    const { replica, lease, seen } = aReplica();
    const old = lease(100, 0);
    lease(30, 4_000);
    replica.prompts.forgetOld(5_000);
    expect(seen()).toEqual([2, 130]);
    replica.prompts.forgetOld(5_001);
    expect(seen()).toEqual([2, 30]);
    old.prefillDone();
    old.end();
    expect(seen()).toEqual([1, 30]);
    lease(5, 9_001);
    expect(seen()).toEqual([2, 5]);
  });
});
