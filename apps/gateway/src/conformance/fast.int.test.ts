import { conformance } from './suite.ts';

conformance({ fastPath: true });
