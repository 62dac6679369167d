import { checkOptions } from '../../util/check-options.ts';
import { type Check, expect } from '../../util/expect.ts';
import { optionError } from '../../util/option-error.ts';
import { readHeaders, readStrings, readTls, readUrl, SET_BY_SOURCE, type TlsOptions } from '../upstream-options.ts';
import { type FamilyQuery, type Queries, readQueries } from './queries.ts';
import type { TransportOptions } from './transport.ts';

/** Options of `prometheusServerSource`. All but `url` and `queries` have defaults. */
export interface PrometheusServerSourceOptions {
  /** URL of the server, with any path before `/api/v1`, such as `'http://mimir:8080/prometheus'`. */
  url: string | URL;
  /** Family name → PromQL of the family. */
  queries: Queries;
  /**
   * Parameters of each query, such as `partial_response` of Thanos or `extra_label` of VictoriaMetrics.
   * @default {}
   */
  parameters?: Readonly<Record<string, string>> | undefined;
  /**
   * Headers of each request, such as `authorization` or Mimir's `x-scope-orgid`.
   * @default {}
   */
  headers?: Readonly<Record<string, string>> | undefined;
  /** TLS options, for an https URL only. */
  tls?: TlsOptions | undefined;
  /**
   * Maximum time (ms) that a scrape waits for all answers. Families whose answers are late are missing. At most 90 % of
   * the scrape's timeout.
   * @default 90 % of the scrape's timeout
   */
  timeout?: number | undefined;
  /**
   * Maximum size (bytes) of one answer, decompressed. The default is enough for about 100,000 series. An answer is
   * buffered as a whole until its family is written.
   * @default 16 MiB
   */
  maxBytes?: number | undefined;
  /**
   * Maximum number of concurrent requests, of all scrapes together.
   * @default 4
   */
  maxConcurrent?: number | undefined;
}

export interface ResolvedOptions extends TransportOptions {
  readonly queries: readonly FamilyQuery[];
  readonly parameters: Readonly<Record<string, string>>;
  readonly timeout: number;
}

const CALLER = 'prometheusServerSource';

// Options that may contain a secret are checked elsewhere: their errors do not show the value.
const CHECKS = {
  url: expect.unchecked,
  queries: expect.unchecked,
  parameters: expect.unchecked,
  headers: expect.unchecked,
  tls: expect.unchecked,
  timeout: expect.milliseconds,
  maxBytes: expect.positiveInteger,
  maxConcurrent: expect.positiveInteger,
} satisfies Record<keyof PrometheusServerSourceOptions, Check>;

/** @throws {TypeError} for an invalid option, which it names */
export function resolveOptions(options: PrometheusServerSourceOptions): ResolvedOptions {
  const checked = checkOptions(CALLER, options, CHECKS);
  const url = checkUrl(readUrl(CALLER, checked.url, 'http://prometheus:9090'));
  return {
    url,
    queries: readQueries(CALLER, checked.queries),
    parameters: readParameters(checked.parameters),
    headers: readHeaders(CALLER, checked.headers, ['content-type']),
    tls: readTls(CALLER, checked.tls, url),
    timeout: checked.timeout ?? Number.POSITIVE_INFINITY,
    maxBytes: checked.maxBytes ?? 2 ** 24,
    maxConcurrent: checked.maxConcurrent ?? 4,
  };
}

function checkUrl(url: URL): URL {
  if (!/[?#]/.test(url.href)) return url;
  const fault = { expected: 'a URL without query and fragment', got: 'one with a query or a fragment' };
  throw optionError(`${CALLER}: url`, url, { ...fault, write: 'its parameters into parameters' });
}

function readParameters(value: unknown): Readonly<Record<string, string>> {
  return readStrings(`${CALLER}: parameters`, value, (name) =>
    ['query', 'time', 'timeout'].includes(name) ? SET_BY_SOURCE : undefined,
  );
}
