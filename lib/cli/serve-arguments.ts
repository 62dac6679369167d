import { createCidrSet } from '../access/cidr-set.ts';
import { DEFAULT_TRUSTED_HOSTS } from '../access/default-hosts.ts';
import { parseNetwork } from '../access/network.ts';
import { optionError } from '../util/option-error.ts';
import { isLikeUrl, type parseCommand, shownArgument } from './command.ts';
import { httpUrl } from './inputs.ts';

// Arguments of `serve`. Its errors name them, and not the options of the functions that they are passed on to.

export const SERVE_OPTIONS = {
  from: { type: 'string', multiple: true },
  trusted: { type: 'string', multiple: true },
  port: { type: 'string', default: '9464' },
  host: { type: 'string' },
  'cache-for': { type: 'string', default: '0' },
  dashboard: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

const TRUSTED = 'serve: --trusted';

type Tokens = ReturnType<typeof parseCommand<typeof SERVE_OPTIONS>>['tokens'];

export interface ServeLists {
  readonly from: readonly string[];
  /** Default: the loopback addresses. */
  readonly trusted: readonly string[] | undefined;
}

/** Several values may follow one option: `--from A B` is `--from A --from B`. */
export function listsOf(tokens: Tokens): ServeLists {
  const lists = { from: [] as string[], trusted: [] as string[] };
  let last: string[] | undefined;
  for (const token of tokens) {
    if (token.kind === 'option') {
      last = token.name === 'from' || token.name === 'trusted' ? lists[token.name] : undefined;
      last?.push(token.value as string);
    } else if (token.kind === 'positional') {
      if (last === undefined) throw strayArgument(token.value);
      last.push(token.value);
    }
  }
  if (lists.from.length === 0) {
    throw optionError('serve: --from', undefined, { expected: 'a URL', got: 'none', write: '--from http://…' });
  }
  return { from: lists.from, trusted: lists.trusted.length > 0 ? lists.trusted : undefined };
}

const strayArgument = (value: string): TypeError =>
  optionError('serve', value, {
    expected: 'options',
    got: shownArgument(value),
    write: '--from or --trusted before it',
  });

/** Entries for which the router's errors suggest an option that the command does not have. */
const ROUTER_ONLY = /^(?:all|any|\*|unix:.*)$/i;

/** @throws {TypeError} for what is not a network, and for networks that are every address together */
export function checkTrusted(list: readonly string[] = []): void {
  for (const it of list) {
    if (isLikeUrl(it) || ROUTER_ONLY.test(it)) throw invalidAddress(TRUSTED, it);
  }
  try {
    for (const it of list) parseNetwork(it, TRUSTED);
    createCidrSet(list, { option: TRUSTED });
  } catch (error) {
    throw asArguments(error as Error);
  }
}

/** Arguments have no index, and no commas between them. */
const asArguments = ({ message }: Error): TypeError =>
  new TypeError(message.replace(/^(serve: --trusted)\[\d+\]/, '$1').replaceAll('", "', '" "'));

/** The error of the server would show a URL. @throws {TypeError} for one */
export function checkHost(host: string | undefined): void {
  if (host !== undefined && isLikeUrl(host)) throw invalidAddress('serve: --host', host);
}

const invalidAddress = (place: string, value: string): TypeError =>
  optionError(place, value, { expected: 'an address', got: shownArgument(value), write: '"10.20.0.7"' });

/** Returns the address to listen on if only this machine is trusted. */
export function loopbackOf(trusted = DEFAULT_TRUSTED_HOSTS): string | undefined {
  if (!trusted.every((it) => DEFAULT_TRUSTED_HOSTS.includes(it))) return undefined;
  return trusted.includes('127.0.0.1') ? '127.0.0.1' : '::1';
}

/** An endpoint to copy. */
export interface Endpoint {
  readonly url: URL;
  /** Its host and port, and its path if another endpoint has the same host and port. */
  readonly instance: string;
}

/** @throws {TypeError} for two endpoints that nothing but the query may tell apart, which may be secret */
export function endpointsOf(from: readonly string[]): Endpoint[] {
  const urls = from.map(endpointUrl);
  const endpoints = urls.map((url) => {
    const isOnlyOne = urls.filter((it) => it.host === url.host).length === 1;
    return { url, instance: isOnlyOne ? url.host : url.host + url.pathname };
  });
  const known = new Set<string>();
  for (const { instance } of endpoints) {
    if (known.has(instance)) throw repeatedEndpoint(instance);
    known.add(instance);
  }
  return endpoints;
}

function endpointUrl(text: string): URL {
  const url = httpUrl('serve: --from', text);
  if (url.username === '' && url.password === '') return url;
  const fault = { expected: 'a URL without credentials', got: 'one with credentials', write: 'it without them' };
  throw optionError('serve: --from', text, fault);
}

const repeatedEndpoint = (instance: string): TypeError =>
  optionError('serve: --from', instance, {
    expected: 'URLs with different hosts, ports or paths',
    got: `${instance} twice`,
    write: 'each endpoint once',
  });
