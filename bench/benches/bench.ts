/** Samples of one quantity, all in the same unit. */
export interface Figure {
  name: string;
  unit: string;
  samples: readonly number[];
}

export interface BenchResult {
  figures: readonly Figure[];
  /** What was simulated, what was left out, how it was measured. */
  notes: readonly string[];
  /** Why this bench fails; undefined for almost all, which only tell. */
  problem?: string | undefined;
}

export interface BenchOptions {
  quick: boolean;
  kubeconfig: string | undefined;
  progress(line: string): void;
}

export interface Bench {
  name: string;
  title: string;
  run(options: BenchOptions): Promise<BenchResult>;
}
