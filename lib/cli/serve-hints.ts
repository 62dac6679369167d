import { type Hint, type RefusedRequest, SHARED_ADDRESS } from '../access/refusal-hints.ts';
import { type AccessSubject, type AccessWarnings, createAccessWarnings, DEBUG } from '../http/warnings.ts';
import { quote } from '../util/quote.ts';
import type { Output } from './output.ts';

// Hints of `serve`, in place of those that name options of `metricsRouter`. It has no option for proxies.

const DIRECT = 'serve takes requests without a proxy only: have the scraper connect to it directly.';

const notTrusted: Hint = (request) => {
  const { address, isHttp10 } = request;
  const expected = `Expected an address in --trusted, got ${address}`;
  const add = `add "${address}" to --trusted${wholeList(request)}`;
  if (isHttp10) {
    return `${expected} over HTTP/1.0, as from nginx before 1.29.7 by default. If ${address} is a proxy: ${DIRECT} If ${address} is your scraper, have it speak HTTP/1.1 and ${add}.`;
  }
  return `${expected}. If ${address} is your scraper, ${add}. ${SHARED_ADDRESS}`;
};

/** The list with its default, which the option replaces. */
function wholeList({ defaultHosts, address }: RefusedRequest): string {
  return defaultHosts === undefined ? '' : ` (--trusted ${[...defaultHosts, address].join(' ')})`;
}

const unexpectedForwardingHeader: Hint = ({ peer }) =>
  `Expected no forwarding header, got one. If ${peer} is a proxy: ${DIRECT} If ${peer} is your scraper, have it send none (X-Forwarded-For, Forwarded, Via and the like).`;

const httpVersion: Hint = ({ peer }) =>
  `Expected HTTP/1.1 or later, got HTTP/1.0, as from nginx before 1.29.7 by default. If ${peer} is a proxy: ${DIRECT} If ${peer} is your scraper, have it speak HTTP/1.1.`;

const hostNotAllowed: Hint = ({ host }) =>
  `Expected an IP address or localhost as host, got ${quote(host?.sent ?? '')}. Request an IP address or localhost.`;

const HINTS: Partial<Record<AccessSubject, Hint>> = {
  'address-unparseable': () => 'Expected a socket with an address, got one without: it is already closed.',
  'header-limit': () =>
    'Expected fewer header fields than the server reads, got as many, so that some may have been cut off. Send fewer.',
  'host-not-allowed': hostNotAllowed,
  'http-version': httpVersion,
  'not-trusted': notTrusted,
  'too-many-scrapes': () =>
    'Expected fewer scrapes at once, got more. Scrape less often or from fewer places, or raise --cache-for.',
  'unexpected-forwarding-header': unexpectedForwardingHeader,
};

/** Creates the warnings of refused requests. */
export const createServeWarnings = (output: Output): AccessWarnings =>
  createAccessWarnings((message) => output.error(`express-metrics-json: serve: ${message}`), {
    hints: HINTS,
    fullReport: `${DEBUG} reports`,
  });
