import type { Section } from './section.ts';
import { throughput } from './throughput.ts';

export const sections: readonly Section[] = [throughput];
