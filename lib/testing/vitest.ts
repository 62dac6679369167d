// For `setupFiles`: `expect` has the matchers then.
import { expect } from 'vitest';
import { metricMatchers } from './matchers.ts';

expect.extend(metricMatchers);

// Vitest's own types take these in.
export type { MetricMatchers } from './matchers.ts';
