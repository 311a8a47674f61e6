import type { Scorer } from '../candidates.ts';
import { byReading } from './by-reading.ts';

const fullQueue = 32;
/** Below it, how full a cache is says nothing of the next request. */
const roomyKvUse = 0.5;

/** 1 while the cache has room, 0 when it is full and the engine has to throw running requests out. */
export const kvUse: Scorer = byReading(({ kvUse }) =>
  kvUse === null ? null : 1 - Math.max(0, kvUse - roomyKvUse) / (1 - roomyKvUse),
);

/** 1 with nobody waiting, 0 from 32 on. Sees also what other gateways sent. */
export const queue: Scorer = byReading(({ waiting }) => (waiting === null ? null : 1 - waiting / fullQueue));
