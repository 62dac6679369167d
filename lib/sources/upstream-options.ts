import { validateHeaderName, validateHeaderValue } from 'node:http';
import { type ConnectionOptions, createSecureContext, type SecureContextOptions } from 'node:tls';
import { unknownOption } from '../util/check-options.ts';
import { type Fault, member, optionError, shownType } from '../util/option-error.ts';

// Options of all sources with an upstream. Errors do not show their values, which may be secret.

/** Options of `tls.connect()`. `rejectUnauthorized` is true by default, as there. */
export type TlsOptions = Pick<SecureContextOptions, 'ca' | 'cert' | 'key' | 'passphrase' | 'minVersion'> &
  Pick<ConnectionOptions, 'servername' | 'rejectUnauthorized'>;

/** Reads the URL. @throws {TypeError} for anything but an http or https URL without credentials */
export function readUrl(caller: string, value: unknown, example: string): URL {
  const option = `${caller}: url`;
  const text = String(value);
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    const got = typeof value === 'string' ? 'another string' : shownType(value);
    throw optionError(option, value, { expected: 'an http or https URL', got, write: `'${example}'` });
  }
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') {
    const write = 'them into headers, as authorization';
    throw optionError(option, value, { expected: 'a URL without credentials', got: 'one with credentials', write });
  }
  return url;
}

/** Fault of a value that the source itself sets for each request. */
export const SET_BY_SOURCE: Fault = {
  expected: 'nothing, because the source sets it for each request',
  got: 'a value',
  write: 'nothing in its place',
};

const CONNECTION_HEADERS = [
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'te',
  'transfer-encoding',
  'upgrade',
];

/** Returns the headers with names in lower case. The source itself sets those in `reserved`. @throws {TypeError} */
export function readHeaders(
  caller: string,
  value: unknown,
  reserved: readonly string[],
): Readonly<Record<string, string>> {
  const headers = readStrings(`${caller}: headers`, value, (name, text) => {
    try {
      validateHeaderName(name);
      validateHeaderValue(name, text);
    } catch {
      return { expected: 'a header that HTTP can send', got: 'another one', write: 'a valid name and value' };
    }
    const isReserved = [...CONNECTION_HEADERS, ...reserved].includes(name.toLowerCase());
    return isReserved ? SET_BY_SOURCE : undefined;
  });
  // Node would send two spellings of a name as two headers.
  return Object.fromEntries(Object.entries(headers).map(([name, text]) => [name.toLowerCase(), text]));
}

/** Reads an object whose values are strings. @throws {TypeError} for others, and when `faultOf` returns a fault */
export function readStrings(
  option: string,
  value: unknown,
  faultOf: (name: string, text: string) => Fault | undefined,
): Readonly<Record<string, string>> {
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw optionError(option, value, {
      expected: 'an object of strings',
      got: shownType(value),
      write: '{ name: "…" }',
    });
  }
  for (const [name, text] of Object.entries(value)) {
    const fault =
      typeof text === 'string'
        ? faultOf(name, text)
        : { expected: 'a string', got: shownType(text), write: 'its text in quotes' };
    if (fault !== undefined) throw optionError(option + member(name), text, fault);
  }
  return { ...value };
}

const TLS_NAMES = ['ca', 'cert', 'key', 'passphrase', 'minVersion', 'servername', 'rejectUnauthorized'];

/** Reads TLS options. @throws {TypeError} also for values that Node cannot use */
export function readTls(caller: string, value: unknown, { protocol }: URL): TlsOptions | undefined {
  const option = `${caller}: tls`;
  if (value === undefined) return undefined;
  if (protocol !== 'https:') {
    const write = 'a url that begins with https:, or leave tls out';
    throw optionError(option, value, { expected: 'nothing for a url that is not https', got: shownType(value), write });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const expected = 'an object of TLS options';
    throw optionError(option, value, { expected, got: shownType(value), write: '{ ca: … }' });
  }
  const unknown = Object.keys(value).find((name) => !TLS_NAMES.includes(name));
  if (unknown !== undefined) throw unknownOption(option, unknown, TLS_NAMES);
  try {
    createSecureContext(value);
  } catch (cause) {
    const got = `some for which it throws "${(cause as Error).message}"`;
    const fault = { expected: 'options of tls.createSecureContext()', got, write: 'certificates and keys in PEM' };
    throw optionError(option, value, fault, { cause });
  }
  return { ...value };
}
