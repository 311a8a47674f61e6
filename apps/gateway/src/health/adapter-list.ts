import { findEngine } from '@signalbox/engines';
import type { Reading } from './readings.ts';

/** Adapters come and go while an engine runs, and nobody tells; callers of a new one wait for so long at most. */
export const adapterList: Reading = {
  pathOf: ({ engine }) => findEngine(engine)?.adapters?.listPath,
  everyMs: 10_000,
  take: (replica, text) => {
    const names = findEngine(replica.engine)?.adapters?.readList(text) ?? null;
    if (names === null) return false;
    replica.adapters = new Set(names);
    return true;
  },
};
