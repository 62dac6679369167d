// For `setupFilesAfterEnv`: adds the matchers to the global `expect` and to that of `@jest/globals`.
import { expect } from '@jest/globals';
import { type MetricMatchers, metricMatchers } from './matchers.ts';

expect.extend(metricMatchers);

declare module 'expect' {
  interface Matchers<R extends void | Promise<void>, T = unknown> extends MetricMatchers<R> {}
}
