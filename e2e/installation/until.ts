/** Asks again until the answer is there; fails with what was last seen, so that a red test tells its story. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false>,
  options: { withinMs?: number; everyMs?: number } = {},
): Promise<T> {
  const deadline = Date.now() + (options.withinMs ?? 30_000);
  let last: unknown;
  for (;;) {
    try {
      const seen = await look();
      if (seen !== undefined && seen !== false) return seen;
      last = seen;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) {
      const seen = last instanceof Error ? `; last seen: ${last.message}` : '';
      throw new Error(`not within ${options.withinMs ?? 30_000} ms: ${what}${seen}`, { cause: last });
    }
    await new Promise((resolve) => setTimeout(resolve, options.everyMs ?? 50));
  }
}
