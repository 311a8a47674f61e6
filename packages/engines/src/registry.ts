import type { Engine } from './engine.ts';

const engines: readonly Engine[] = [];

export function findEngine(name: string): Engine | undefined {
  return engines.find((engine) => engine.name === name);
}

export function engineNames(): readonly string[] {
  return engines.map((engine) => engine.name);
}
