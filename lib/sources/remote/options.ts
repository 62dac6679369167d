import type { DocumentFormat } from '../../model/document-format.ts';
import type { LabelSet } from '../../model/metric-family.ts';
import { checkOptions } from '../../util/check-options.ts';
import { type Check, expect } from '../../util/expect.ts';
import { type Fault, member, optionError, shown } from '../../util/option-error.ts';
import { readHeaders, readTls, readUrl, type TlsOptions } from '../upstream-options.ts';

/** Options of `remoteSource`. All have defaults. */
export interface RemoteSourceOptions {
  /**
   * Headers of each request, such as `authorization`.
   * @default {}
   */
  headers?: Readonly<Record<string, string>> | undefined;
  /** TLS options, for an https URL only. */
  tls?: TlsOptions | undefined;
  /**
   * Maximum time (ms) that a scrape waits for the upstream and parses its document. The time of a slow client does not
   * count. At most 90 % of the scrape's timeout.
   * @default 5_000
   */
  timeout?: number | undefined;
  /**
   * Maximum size (bytes) of one document, decompressed.
   * @default 256 MiB
   */
  maxBytes?: number | undefined;
  /**
   * Size (bytes) of the buffer in which the text of a document waits, so that families which come in several groups
   * are joined. A larger document is streamed: series that come after their family has left the buffer are dropped,
   * reported and counted.
   * @default 16 MiB
   */
  maxJoinBytes?: number | undefined;
  /**
   * Maximum number of series of one document. Each bucket and each quantile is one. Series of families that the query
   * excludes do not count.
   * @default 1_000_000
   */
  maxSeries?: number | undefined;
  /**
   * Maximum number of families of one document.
   * @default 100_000
   */
  maxFamilies?: number | undefined;
  /**
   * Maximum size (bytes) of the labels of all series of one document together, as they are written there.
   * @default 128 MiB
   */
  maxLabelBytes?: number | undefined;
  /**
   * Labels to add to each series, such as `{ instance: 'a' }`. A label of that name which a series already has becomes
   * `exported_instance`, as in Prometheus.
   * @default {}
   */
  labels?: LabelSet | undefined;
  /**
   * Format of the upstream's document: KumoMTA's JSON, Prometheus text or OpenMetrics. `'auto'` uses the response's
   * Content-Type. A document whose Content-Type is missing or unknown is read as Prometheus text. With another value,
   * the Content-Type is ignored.
   * @default 'auto'
   */
  format?: DocumentFormat | 'auto' | undefined;
  /**
   * Whether to add the gauges `remote_up`, `remote_scrape_duration_seconds` and `remote_scrape_body_size_bytes`. An
   * upstream that fails is then reported and does not fail the scrape, unless a family was cut.
   * @default false
   */
  up?: boolean | undefined;
}

export interface ResolvedOptions {
  readonly url: URL;
  /** Names are in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsOptions | undefined;
  readonly timeout: number;
  readonly maxBytes: number;
  readonly maxJoinBytes: number;
  readonly maxSeries: number;
  readonly maxFamilies: number;
  readonly maxLabelBytes: number;
  readonly labels: LabelSet;
  readonly format: DocumentFormat | 'auto';
  readonly up: boolean;
}

const CALLER = 'remoteSource';

// Options that may contain a secret are checked elsewhere: their errors do not show the value.
const CHECKS = {
  headers: expect.unchecked,
  tls: expect.unchecked,
  timeout: expect.milliseconds,
  maxBytes: expect.positiveInteger,
  maxJoinBytes: expect.positiveInteger,
  maxSeries: expect.positiveInteger,
  maxFamilies: expect.positiveInteger,
  maxLabelBytes: expect.positiveInteger,
  labels: isLabelSet,
  format: expect.oneOf('auto', 'json', 'prometheus', 'openmetrics'),
  up: expect.boolean,
} satisfies Record<keyof RemoteSourceOptions, Check>;

/** @throws {TypeError} for an invalid option, which it names */
export function resolveOptions(address: string | URL, options: RemoteSourceOptions): ResolvedOptions {
  const url = checkUrl(readUrl(CALLER, address, 'http://10.0.0.7:8000/metrics.json'));
  const checked = checkOptions(CALLER, options, CHECKS);
  return {
    url,
    headers: readHeaders(CALLER, checked.headers, ['accept']),
    tls: readTls(CALLER, checked.tls, url),
    timeout: checked.timeout ?? 5_000,
    maxBytes: checked.maxBytes ?? 2 ** 28,
    maxJoinBytes: checked.maxJoinBytes ?? 2 ** 24,
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

const LABEL_NAME = /^(?!__|(le|quantile)$)[a-zA-Z_]\w*$/;

/** Histograms and summaries use the labels `le` and `quantile` for their parts. */
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
