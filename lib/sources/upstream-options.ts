import { validateHeaderName, validateHeaderValue } from 'node:http';
import { type ConnectionOptions, createSecureContext, type SecureContextOptions } from 'node:tls';

// Options that all sources with an upstream have. Errors show no value of theirs: it may be a secret.

/** As of `tls.connect()`. */
export type TlsOptions = Pick<SecureContextOptions, 'ca' | 'cert' | 'key' | 'passphrase' | 'minVersion'> &
  Pick<ConnectionOptions, 'servername' | 'rejectUnauthorized'>;

/** @throws {TypeError} that says what to write, such as the example */
export function readUrl(value: unknown, example: string): URL {
  const text = String(value);
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new TypeError(`url: it is no http or https URL; write one such as '${example}'`);
  }
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') {
    throw new TypeError('url: it holds credentials; write them into headers, as authorization');
  }
  return url;
}

/** By their names in lower case. `own`: what the source sets itself. @throws {TypeError} */
export function readHeaders(value: unknown, own: readonly string[]): Readonly<Record<string, string>> {
  const headers = readTexts('headers', value, (name, text) => {
    try {
      validateHeaderName(name);
      validateHeaderValue(name, text);
    } catch {
      return 'it cannot be sent; write a name and a value as HTTP has them';
    }
    const isOwn = [...CONNECTION_HEADERS, ...own].includes(name.toLowerCase());
    return isOwn ? 'it is set for each request; leave it out' : undefined;
  });
  // Node takes two spellings for two headers.
  return Object.fromEntries(Object.entries(headers).map(([name, text]) => [name.toLowerCase(), text]));
}

const CONNECTION_HEADERS = [
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'te',
  'transfer-encoding',
  'upgrade',
];

/** @throws {TypeError} where `faultOf` says what is wrong */
export function readTexts(
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

const TLS_NAMES = ['ca', 'cert', 'key', 'passphrase', 'minVersion', 'servername', 'rejectUnauthorized'];

/** @throws {TypeError} also for what Node cannot use */
export function readTls(value: unknown, { protocol }: URL): TlsOptions | undefined {
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
