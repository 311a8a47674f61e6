export type { EngineStats } from './api/simulated.ts';
export type { EngineClock } from './clock.ts';
export type { Faults } from './faults.ts';
export { noFaults } from './faults.ts';
export type { ManualClock } from './manual-clock.ts';
export { manualClock } from './manual-clock.ts';
export type { SimulationSettings } from './settings/settings.ts';
export type { SimulatedEngine, SimulatedEngineOptions } from './start.ts';
export { LoadError, startSimulatedEngine } from './start.ts';
