import { type Check, expect } from '../util/expect.ts';

/** Defaults of the options that `metricsRouter` and `renderMetrics` share. */
export const DOCUMENT_DEFAULTS = {
  timeout: 10_000,
  onSourceError: 'continue' as const,
  singleLabel: 'map' as const,
  nonFinite: 'null' as const,
  openMetrics: false,
};

/** Checks of these options and of `onError`. */
export const DOCUMENT_CHECKS = {
  timeout: expect.milliseconds,
  onSourceError: expect.oneOf('continue', 'fail'),
  singleLabel: expect.oneOf('map', 'list'),
  nonFinite: expect.oneOf('null', 'string', 'omit'),
  openMetrics: expect.boolean,
  onError: expect.func,
} satisfies Record<string, Check>;
