// For `setupFiles`: adds the matchers to Vitest's `expect`.
import { expect } from 'vitest';
import { metricMatchers } from './matchers.ts';

expect.extend(metricMatchers);

// Vitest's types refer to these.
export type { MetricMatchers } from './matchers.ts';
