import { setFlagsFromString } from 'node:v8';

/**
 * For workers. Each has a core to itself: helper threads of its collections take it away from callers, of this worker
 * or of another. Smaller young generations are collected more often and for less long; below 8 MB they cost more
 * processor time.
 */
export const workerFlags = ['--single-threaded-gc', '--max-semi-space-size=8'];

/**
 * Every read is a buffer outside of V8's heap, and after 64 MB of them, whether they live or not, V8 collects the whole
 * heap: with prompts of 220 KB twelve times a second, which took more processor time than the prompts (1,200 µs each
 * instead of 470). With this, buffers count like objects, and dead ones go with the young generation. Later versions of
 * V8 do so by default. Those that do not know the flag say so in a line and go on.
 */
export function countBuffersAsHeap(): void {
  setFlagsFromString('--external-memory-accounted-in-global-limit');
}
