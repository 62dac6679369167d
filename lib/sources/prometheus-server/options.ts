import { validateHeaderName, validateHeaderValue } from 'node:http';
import { createSecureContext } from 'node:tls';
import { type Check, checkOptions, isCheckedLater, isMilliseconds, isWholeNumber } from '../../check-options.ts';
import { type FamilyQuery, type Queries, readQueries } from './queries.ts';
import type { TlsOptions, TransportOptions } from './transport.ts';

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
   * Of one answer, decompressed: some 100,000 series. It is held whole until its family is written.
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

// Errors show no value of those that may hold a secret.
const CHECKS = {
  url: isCheckedLater,
  queries: isCheckedLater,
  parameters: isCheckedLater,
  headers: isCheckedLater,
  tls: isCheckedLater,
  timeout: isMilliseconds,
  maxBytes: isWholeNumber,
  maxConcurrent: isWholeNumber,
} satisfies Record<keyof PrometheusServerSourceOptions, Check>;

/** @throws {TypeError} that names the option and says what to write */
export function resolveOptions(options: PrometheusServerSourceOptions): ResolvedOptions {
  const checked = checkOptions('prometheusServerSource', options, CHECKS);
  const url = readUrl(checked.url);
  return {
    url,
    queries: readQueries(checked.queries),
    parameters: readParameters(checked.parameters),
    headers: readHeaders(checked.headers),
    tls: readTls(checked.tls, url),
    timeout: checked.timeout ?? Number.POSITIVE_INFINITY,
    maxBytes: checked.maxBytes ?? 2 ** 24,
    maxConcurrent: checked.maxConcurrent ?? 4,
  };
}

function readUrl(value: unknown): URL {
  const text = String(value);
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new TypeError("url: it is no http or https URL; write one such as 'http://prometheus:9090'");
  }
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') {
    throw new TypeError('url: it holds credentials; write them into headers, as authorization');
  }
  if (/[?#]/.test(text)) throw new TypeError('url: it has a query or a fragment; write its parameters into parameters');
  return url;
}

function readParameters(value: unknown): Readonly<Record<string, string>> {
  return readTexts('parameters', value, (name) =>
    ['query', 'time', 'timeout'].includes(name) ? 'it is set for each query; leave it out' : undefined,
  );
}

function readHeaders(value: unknown): Readonly<Record<string, string>> {
  const headers = readTexts('headers', value, (name, text) => {
    try {
      validateHeaderName(name);
      validateHeaderValue(name, text);
    } catch {
      return 'it cannot be sent; write a name and a value as HTTP has them';
    }
    return OWN_HEADERS.includes(name.toLowerCase()) ? 'it is set for each request; leave it out' : undefined;
  });
  // Node takes two spellings for two headers.
  return Object.fromEntries(Object.entries(headers).map(([name, text]) => [name.toLowerCase(), text]));
}

const OWN_HEADERS = [
  'accept-encoding',
  'connection',
  'content-length',
  'content-type',
  'expect',
  'transfer-encoding',
  'upgrade',
];

function readTexts(
  option: string,
  value: unknown,
  faultOf: (name: string, text: string) => string | undefined,
): Readonly<Record<string, string>> {
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`${option}: it is no object; write one of names and texts`);
  }
  for (const [name, text] of Object.entries(value)) {
    const fault = typeof text === 'string' ? faultOf(name, text) : 'it is no text; write one';
    if (fault !== undefined) throw new TypeError(`${option}.${name}: ${fault}`);
  }
  return { ...value };
}

const TLS_NAMES = ['ca', 'cert', 'key', 'passphrase', 'minVersion', 'servername'];

function readTls(value: unknown, { protocol }: URL): TlsOptions | undefined {
  if (value === undefined) return undefined;
  if (protocol !== 'https:') throw new TypeError('tls: the url is not https; write one that is, or leave tls out');
  if (typeof value !== 'object' || value === null)
    throw new TypeError('tls: it is no object; write { ca } or the like');
  const unknown = Object.keys(value).find((name) => !TLS_NAMES.includes(name));
  if (unknown !== undefined) throw new TypeError(`tls: unknown option "${unknown}"; known are ${TLS_NAMES.join(', ')}`);
  try {
    createSecureContext(value);
  } catch (error) {
    throw new TypeError(`tls: it cannot be used: ${(error as Error).message}`, { cause: error });
  }
  return { ...value };
}
