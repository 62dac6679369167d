import type { OutgoingHttpHeaders } from 'node:http';
import type { DocumentFormat } from '../model/document-format.ts';
import { checkOptions } from '../util/check-options.ts';
import { type Check, expect, expecting } from '../util/expect.ts';

/** What to read: a URL, as an object or a string, the response of a `fetch()`, or the text of a document. */
export type MetricsInput = URL | string | Response;

/** Options of `readMetrics` and `streamMetrics`, all optional. */
export interface ReadMetricsOptions {
  /**
   * Format of the document. `'auto'` uses the Content-Type of a response, and recognises the text of a document by its
   * beginning and its end.
   * @default 'auto'
   */
  readonly format?: DocumentFormat | 'auto' | undefined;
  /** Headers of the request, for a URL. Default: none but `Accept` and `Accept-Encoding`. */
  readonly headers?: OutgoingHttpHeaders | undefined;
  /** Aborts the request and the parsing, such as `AbortSignal.timeout(5_000)`. Default: there is no timeout. */
  readonly signal?: AbortSignal | undefined;
}

export const isHeaders: Check = expecting(
  'an object of headers',
  '{ "X-Forwarded-For": "10.0.0.1" }',
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
);

const CHECKS = {
  format: expect.oneOf('auto', 'json', 'prometheus', 'openmetrics'),
  headers: isHeaders,
  signal: expecting('an AbortSignal', 'AbortSignal.timeout(5000)', (value) => value instanceof AbortSignal),
} satisfies Record<keyof ReadMetricsOptions, Check>;

/** @throws {TypeError} for an unknown or invalid option, which it names */
export const readOptions = (caller: string, options: ReadMetricsOptions): ReadMetricsOptions =>
  checkOptions(caller, options, CHECKS);
