import { loadReading } from './load-reading.ts';
import type { Reading } from './readings.ts';

export const engineLoad: Reading = {
  pathOf: () => '/metrics',
  everyMs: 1_000,
  take: (replica, text, at) => {
    const reading = loadReading(replica.engine, text, at);
    if (reading !== null) replica.load = reading;
    return reading !== null;
  },
};
