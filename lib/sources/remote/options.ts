import type { LabelSet } from '../../model/metric-family.ts';
import { checkOptions } from '../../util/check-options.ts';
import { type Check, expect } from '../../util/expect.ts';
import { type Fault, member, optionError, shown } from '../../util/option-error.ts';
import { readHeaders, readTls, readUrl, type TlsOptions } from '../upstream-options.ts';

/** What `remoteSource` takes besides its URL. Everything has a default. */
export interface RemoteSourceOptions {
  /** Sent with each request, such as `authorization`. */
  headers?: Readonly<Record<string, string>> | undefined;
  tls?: TlsOptions | undefined;
  /**
   * Maximum time (ms) that a scrape waits for the upstream and parses its document; the time that its own client takes
   * does not count. At most nine tenths of what the scrape itself waits.
   * @default 5_000
   */
  timeout?: number | undefined;
  /**
   * Maximum size of one document, decompressed. It is never held as a whole.
   * @default 256 MiB
   */
  maxBytes?: number | undefined;
  /**
   * Maximum number of series of one document; each bucket and each quantile is one. Series of families that are
   * filtered out do not count.
   * @default 1_000_000
   */
  maxSeries?: number | undefined;
  /**
   * Maximum number of families of one document.
   * @default 100_000
   */
  maxFamilies?: number | undefined;
  /**
   * Maximum size of the labels of all series of one document together, as they are written there.
   * @default 128 MiB
   */
  maxLabelBytes?: number | undefined;
  /**
   * Put on each series, such as `{ instance: 'a' }`. A label of that name which the series has becomes
   * `exported_instance`, as in Prometheus.
   */
  labels?: LabelSet | undefined;
  /**
   * What the upstream serves: KumoMTA's JSON document, Prometheus text or OpenMetrics. `'auto'` takes its
   * Content-Type's word; otherwise that is not looked at.
   * @default 'auto'
   */
  format?: RemoteFormat | 'auto' | undefined;
  /**
   * Adds `remote_up`, `remote_scrape_duration_seconds` and `remote_scrape_body_size_bytes`. An upstream that fails is
   * then reported, and is no failure of the scrape, as long as no family was cut.
   * @default false
   */
  up?: boolean | undefined;
}

export type RemoteFormat = 'json' | 'prometheus' | 'openmetrics';

export interface ResolvedOptions {
  readonly url: URL;
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsOptions | undefined;
  readonly timeout: number;
  readonly maxBytes: number;
  readonly maxSeries: number;
  readonly maxFamilies: number;
  readonly maxLabelBytes: number;
  readonly labels: LabelSet;
  readonly format: RemoteFormat | 'auto';
  readonly up: boolean;
}

const CALLER = 'remoteSource';

// Errors show no value of those that may hold a secret.
const CHECKS = {
  headers: expect.unchecked,
  tls: expect.unchecked,
  timeout: expect.milliseconds,
  maxBytes: expect.positiveInteger,
  maxSeries: expect.positiveInteger,
  maxFamilies: expect.positiveInteger,
  maxLabelBytes: expect.positiveInteger,
  labels: isLabelSet,
  format: expect.oneOf('auto', 'json', 'prometheus', 'openmetrics'),
  up: expect.boolean,
} satisfies Record<keyof RemoteSourceOptions, Check>;

/** @throws {TypeError} that names the option and says what to write */
export function resolveOptions(address: string | URL, options: RemoteSourceOptions): ResolvedOptions {
  const url = checkUrl(readUrl(CALLER, address, 'http://10.0.0.7:8000/metrics.json'));
  const checked = checkOptions(CALLER, options, CHECKS);
  return {
    url,
    headers: readHeaders(CALLER, checked.headers, ['accept']),
    tls: readTls(CALLER, checked.tls, url),
    timeout: checked.timeout ?? 5_000,
    maxBytes: checked.maxBytes ?? 2 ** 28,
    maxSeries: checked.maxSeries ?? 1_000_000,
    maxFamilies: checked.maxFamilies ?? 100_000,
    maxLabelBytes: checked.maxLabelBytes ?? 2 ** 27,
    labels: { ...checked.labels },
    format: checked.format ?? 'auto',
    up: checked.up ?? false,
  };
}

function checkUrl(url: URL): URL {
  if (!url.href.includes('#')) return url;
  const fault = { expected: 'a URL without a fragment, which is never sent', got: 'one with a fragment' };
  throw optionError(`${CALLER}: url`, url, { ...fault, write: 'the part before the #' });
}

/** `le` and `quantile` are what histograms and summaries are told apart by. */
function isLabelSet(value: unknown): Fault | undefined {
  const expected = 'an object of label names and strings';
  const write = '{ instance: "a" }';
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { expected, write };
  for (const [name, text] of Object.entries(value)) {
    const at = member(name);
    if (!LABEL_NAME.test(name)) {
      return {
        at,
        expected: 'a label name: letters, digits and _, and neither le nor quantile',
        got: shown(name),
        write,
      };
    }
    if (typeof text !== 'string') return { at, expected: 'a string', got: shown(text), write: shown(String(text)) };
  }
  return undefined;
}

const LABEL_NAME = /^(?!__|(le|quantile)$)[a-zA-Z_]\w*$/;
