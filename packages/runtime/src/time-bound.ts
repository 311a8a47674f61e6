import { createContext, Script } from 'node:vm';

/** Runs pure work and gives it up when it takes too long; undefined then. */
export type TimeBound = <Value>(work: () => Value) => Value | undefined;

/**
 * For work that is short unless somebody wrote an expression that backtracks for ever: only V8 itself can stop that,
 * and only for code that was started with a time limit. A run costs 0.1 ms, so this is for rare work. What is stopped
 * is stopped anywhere: it must change nothing outside.
 */
export function createTimeBound(ms: number): TimeBound {
  const script = new Script('run()');
  const scope: { run: () => void } = { run: () => undefined };
  const context = createContext(scope);
  return <Value>(work: () => Value) => {
    let value: Value | undefined;
    scope.run = () => {
      value = work();
    };
    try {
      script.runInContext(context, { timeout: ms });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
      return undefined;
    } finally {
      scope.run = () => undefined;
    }
    return value;
  };
}
