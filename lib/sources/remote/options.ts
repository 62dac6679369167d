import { validateHeaderName, validateHeaderValue } from 'node:http';
import { type ConnectionOptions, createSecureContext, type SecureContextOptions } from 'node:tls';
import {
  type Check,
  checkOptions,
  isBoolean,
  isCheckedLater,
  isMilliseconds,
  isOneOf,
  isWholeNumber,
} from '../../check-options.ts';
import type { LabelSet } from '../../metric-family.ts';

export interface RemoteSourceOptions {
  /** Sent with each request, such as `authorization`. */
  headers?: Readonly<Record<string, string>> | undefined;
  tls?: RemoteTlsOptions | undefined;
  /**
   * How long (ms) a scrape waits for the upstream in all; the time that its own client takes does not count. At most nine
   * tenths of what the scrape itself waits.
   * @default 5_000
   */
  timeout?: number | undefined;
  /**
   * Of one document, decompressed. It is never held as a whole.
   * @default 256 MiB
   */
  maxBytes?: number | undefined;
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

/** As of `tls.connect()`. */
export type RemoteTlsOptions = Pick<SecureContextOptions, 'ca' | 'cert' | 'key' | 'passphrase' | 'minVersion'> &
  Pick<ConnectionOptions, 'servername' | 'rejectUnauthorized'>;

export interface ResolvedOptions {
  readonly url: URL;
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: RemoteTlsOptions;
  readonly timeout: number;
  readonly maxBytes: number;
  readonly labels: LabelSet;
  readonly format: RemoteFormat | 'auto';
  readonly up: boolean;
}

// Errors show no value of those that may hold a secret.
const CHECKS = {
  headers: isCheckedLater,
  tls: isCheckedLater,
  timeout: isMilliseconds,
  maxBytes: isWholeNumber,
  labels: isLabelSet,
  format: isOneOf('auto', 'json', 'prometheus', 'openmetrics'),
  up: isBoolean,
} satisfies Record<keyof RemoteSourceOptions, Check>;

/** @throws {TypeError} that names the option and says what to write */
export function resolveOptions(address: string | URL, options: RemoteSourceOptions): ResolvedOptions {
  const url = readUrl(address);
  const checked = checkOptions('remoteSource', options, CHECKS);
  const { timeout = 5_000, maxBytes = 2 ** 28, format = 'auto', up = false, labels } = checked;
  const headers = readHeaders(checked.headers);
  return { url, headers, tls: readTls(checked.tls, url), timeout, maxBytes, labels: { ...labels }, format, up };
}

function readUrl(address: unknown): URL {
  const text = String(address);
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new TypeError("url: it is no http or https URL; write one such as 'http://10.0.0.7:8000/metrics.json'");
  }
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') {
    throw new TypeError('url: it holds credentials; write them into headers, as authorization');
  }
  if (text.includes('#')) throw new TypeError('url: it has a fragment, which is never sent; leave it out');
  return url;
}

function readHeaders(headers: unknown = {}): Readonly<Record<string, string>> {
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) {
    throw new TypeError('headers: it is no object; write one of names and texts');
  }
  const read: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const fault = faultOfHeader(name, value);
    if (fault !== undefined) throw new TypeError(`headers.${name}: ${fault}`);
    // Node takes two spellings for two headers.
    read[name.toLowerCase()] = value;
  }
  return read;
}

function faultOfHeader(name: string, value: unknown): string | undefined {
  if (typeof value !== 'string') return 'it is no text; write one';
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
  } catch {
    return 'it cannot be sent; write a name and a value as HTTP has them';
  }
  return OWN_HEADERS.includes(name.toLowerCase()) ? 'it is set for each request; leave it out' : undefined;
}

const OWN_HEADERS = [
  'accept',
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'te',
  'transfer-encoding',
  'upgrade',
];

const TLS_NAMES = ['ca', 'cert', 'key', 'passphrase', 'minVersion', 'servername', 'rejectUnauthorized'];

function readTls(tls: unknown, { protocol }: URL): RemoteTlsOptions {
  if (tls === undefined) return {};
  if (protocol !== 'https:') throw new TypeError('tls: the url is not https; write one that is, or leave tls out');
  if (typeof tls !== 'object' || tls === null) throw new TypeError('tls: it is no object; write { ca } or the like');
  const unknown = Object.keys(tls).find((name) => !TLS_NAMES.includes(name));
  if (unknown !== undefined) throw new TypeError(`tls: unknown option "${unknown}"; known are ${TLS_NAMES.join(', ')}`);
  try {
    createSecureContext(tls);
  } catch (error) {
    throw new TypeError(`tls: it cannot be used: ${(error as Error).message}`, { cause: error });
  }
  return { ...tls };
}

/** `le` and `quantile` are what histograms and summaries are told apart by. */
function isLabelSet(value: unknown): string | undefined {
  const isLabel = ([name, text]: [string, unknown]) =>
    /^(?!__|(le|quantile)$)[a-zA-Z_]\w*$/.test(name) && typeof text === 'string';
  return typeof value === 'object' && value !== null && Object.entries(value).every(isLabel)
    ? undefined
    : "an object of label names and texts, such as { instance: 'a' }";
}
