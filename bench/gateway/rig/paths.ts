import { join } from 'node:path';

export const root = join(import.meta.dirname, '..', '..', '..');

/** Kept between runs, never committed: compiled programs and the npm contenders. */
export const cache = join(root, '.cache');
