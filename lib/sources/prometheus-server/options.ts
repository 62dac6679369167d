import { checkOptions } from '../../util/check-options.ts';
import { type Check, expect } from '../../util/expect.ts';
import { optionError } from '../../util/option-error.ts';
import { readHeaders, readStrings, readTls, readUrl, SET_BY_SOURCE, type TlsOptions } from '../upstream-options.ts';
import { type FamilyQuery, type Queries, readQueries } from './queries.ts';
import type { TransportOptions } from './transport.ts';

/** What `prometheusServerSource` takes. Everything but `url` and `queries` has a default. */
export interface PrometheusServerSourceOptions {
  /** The server's address, with the path in front of `/api/v1` where there is one: `'http://mimir:8080/prometheus'`. */
  url: string | URL;
  /** What becomes a family of which name. */
  queries: Queries;
  /** Sent with each query, such as Thanos' `partial_response` or VictoriaMetrics' `extra_label`. */
  parameters?: Readonly<Record<string, string>> | undefined;
  /** Sent with each request, such as `authorization` or Mimir's `x-scope-orgid`. */
  headers?: Readonly<Record<string, string>> | undefined;
  tls?: TlsOptions | undefined;
  /**
   * How long (ms) a scrape waits for the server in all; what has not come by then is lost. Nine tenths of what the
   * scrape itself waits, where nothing or more is said.
   */
  timeout?: number | undefined;
  /**
   * Maximum size (bytes) of one answer, decompressed: 16 MiB are some 100,000 series. An answer is
   * held as a whole until its family is written.
   * @default 16 MiB
   */
  maxBytes?: number | undefined;
  /**
   * How many requests may be under way at once, of all scrapes.
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

// Errors show no value of those that may hold a secret.
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

/** @throws {TypeError} that names the option and says what to write */
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
