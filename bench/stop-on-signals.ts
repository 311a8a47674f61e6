/**
 * Ctrl-C must leave nothing running: replicas are processes that outlive whoever ordered them. The embedded Postgres
 * listens to the same signals and would end this process before the rest has been stopped; that is why it is silenced.
 */
export function stopOnSignals(stop: () => Promise<void>): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.removeAllListeners(signal);
    process.once(signal, async () => {
      console.error('stopping …');
      await stop().catch(() => undefined);
      process.exit(signal === 'SIGINT' ? 130 : 143);
    });
  }
}
