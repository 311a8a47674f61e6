import { monitorEventLoopDelay, performance } from 'node:perf_hooks';

export interface ProcessReading {
  cpuUserSeconds: number;
  cpuSystemSeconds: number;
  residentBytes: number;
  heapBytes: number;
  /** Since the former reading. */
  loopDelaySeconds: { p50: number; p99: number; max: number };
  loopUtilization: number;
}

export interface ProcessReadings {
  read(): ProcessReading;
  stop(): void;
}

const resolutionMs = 10;

/** How this process does, from its operating system and its event loop; each reading starts a new interval. */
export function createProcessReadings(): ProcessReadings {
  const delays = monitorEventLoopDelay({ resolution: resolutionMs });
  delays.enable();
  let former = performance.eventLoopUtilization();
  return {
    read: () => {
      const { user, system } = process.cpuUsage();
      const { rss, heapUsed } = process.memoryUsage();
      const utilization = performance.eventLoopUtilization();
      const since = performance.eventLoopUtilization(utilization, former);
      former = utilization;
      const loopDelaySeconds = {
        p50: lateness(delays.percentile(50)),
        p99: lateness(delays.percentile(99)),
        max: lateness(delays.max),
      };
      delays.reset();
      return {
        cpuUserSeconds: user / 1e6,
        cpuSystemSeconds: system / 1e6,
        residentBytes: rss,
        heapBytes: heapUsed,
        loopDelaySeconds,
        loopUtilization: since.utilization,
      };
    },
    stop: () => {
      delays.disable();
    },
  };
}

/** The histogram holds the time between two ticks of its timer, in ns: what is above the timer's period is delay. */
function lateness(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e6 - resolutionMs) / 1e3;
}
