import type { Contender } from './contender.ts';

export const direct: Contender = {
  name: 'direct',
  prepare: async () => {},
  describe: () => 'direct: the load asks the mock itself',
  start: async ({ mock }) => ({
    name: 'direct',
    port: mock.ports[0] ?? 0,
    pid: undefined,
    headers: {},
    stop: async () => {},
  }),
};
