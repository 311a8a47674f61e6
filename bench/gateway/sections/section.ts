import type { ContenderName, RunningContender } from '../contenders/contender.ts';
import type { Mock } from '../rig/mock.ts';
import type { GoalRow } from '../rounds/goal.ts';
import type { Rounds } from '../rounds/rounds.ts';

export interface SectionResult {
  /** Rows of the table. */
  rows: readonly GoalRow[];
  /** What the rows were made of. */
  figures: readonly { name: string; unit: string; samples: Rounds }[];
  notes: readonly string[];
  /** Requests that failed, measurements that could not be made: they make the whole run fail. */
  problems: readonly string[];
  /** nginx's CPU per request or frame, round by round: how quiet the machine was. */
  yardstick?: Rounds;
}

/** What a section may use. */
export interface Rig {
  mock: Mock;
  /** Everything written lies here and goes with it. */
  folder: string;
  quick: boolean;
  /** Of faults or restarts, where somebody asked for another number than fits into the time. */
  rounds: number | undefined;
  progress(line: string): void;
  /** Starts contenders for as long as `use` takes. Each has a fresh process. */
  during<T>(names: readonly ContenderName[], use: (running: readonly RunningContender[]) => Promise<T>): Promise<T>;
  /** A file of requests for one contender. */
  requests(contender: RunningContender, bodies: readonly string[]): string;
}

/** A line of the table in issue and README: measures, then leaves the arithmetic to a pure function of its own. */
export interface Section {
  name: string;
  title: string;
  contenders: readonly ContenderName[];
  run(rig: Rig): Promise<SectionResult>;
}
