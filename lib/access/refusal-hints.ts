import { isQuotedWhole, quote } from '../util/quote.ts';

// Hints in warnings: `Expected …, got ….`, then what to write, in sentences of one condition each. Following a hint
// literally must allow the scraper and no other client. The service cannot distinguish a scraper from a proxy that adds
// no header, so a hint that trusts an address says which of the two it is for. Hints name addresses, never networks.

/** The facts about a refused request on which a hint may depend. */
export interface RefusedRequest {
  /** Absent on a unix socket. */
  readonly peer?: string | undefined;
  /** Address of the client. */
  readonly address?: string | undefined;
  /** Number of members of the forwarding header that were examined; 0 when it was not read. */
  readonly hops: number;
  /** Whether the header has members to the left of the address. */
  readonly isForwarder?: boolean | undefined;
  readonly isHttp10?: boolean | undefined;
  readonly forwardedHeader: keyof typeof HEADERS;
  /** The default of `trustedHosts` if it is in effect, without proxies. The option replaces it. */
  readonly defaultHosts?: readonly string[] | undefined;
  /** The member of the forwarding header that is not an address. */
  readonly malformed?: MalformedMember | undefined;
  /** Requested host: the authority as it was sent, and the name in it, if it is valid. Absent when none was sent. */
  readonly host?: { readonly sent: string; readonly name: string | undefined } | undefined;
}

/** A member of a forwarding header that is not an address. */
export interface MalformedMember {
  readonly text: string;
  /** Position from the left, starting at 1. */
  readonly position: number;
  /** Number of members in the header. */
  readonly count: number;
}

export type Hint = (request: RefusedRequest) => string;

/** Lines for the configurations of proxies, ready to be copied. */
const HEADERS = {
  'x-forwarded-for': {
    name: 'X-Forwarded-For',
    other: 'forwarded',
    replace:
      'nginx: proxy_set_header X-Forwarded-For $remote_addr; HAProxy: http-request set-header X-Forwarded-For %[src]',
    append: 'nginx: proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; HAProxy: option forwardfor',
  },
  // Neither proxy adds the quotes and brackets that an IPv6 address needs here; without them it is refused.
  forwarded: {
    name: 'Forwarded',
    other: 'x-forwarded-for',
    replace:
      'for IPv4 in nginx: proxy_set_header Forwarded "for=$remote_addr"; HAProxy: http-request set-header Forwarded for=%[src]',
    append:
      'for IPv4 in nginx: proxy_set_header Forwarded "$http_forwarded, for=$remote_addr"; HAProxy: http-request add-header Forwarded for=%[src]',
  },
} as const;

/** Why an address must not be trusted without knowing what it is. */
export const SHARED_ADDRESS =
  'Behind source NAT (Docker, Kubernetes) or a proxy that adds no header, all clients have this address.';

const SPEAK_HTTP11 = 'speak HTTP/1.1 (nginx: proxy_http_version 1.1;)';
const ALL_SPEAK_HTTP11 = `Have the proxies on the way ${SPEAK_HTTP11}. HAProxy passes on the version that comes in.`;

export const addressUnparseable: Hint = (request) =>
  `Expected a socket with an address, got one without. If a proxy connects to the unix socket, ${overTcp(request)}. If only your scraper can open the unix socket, set allowUnixSocket: true. That lets in everyone who can open it. A socket that is already closed has no address either.`;

export const unexpectedForwardingHeader: Hint = (request) => {
  const { peer } = request;
  const expected = `Expected no forwarding header from a peer outside trustedProxies, got one.`;
  if (peer === undefined)
    return `${expected} If a proxy connects to the unix socket, ${overTcp(request)}. ${sendNone('it')}`;
  return `${expected} If ${peer} is a proxy, ${writeHeader(request, 'append', { unlessItDoes: true })} and add "${peer}" to trustedProxies, or do not forward the metrics. Express' trust proxy is not used. ${sendNone(peer)}`;
};

export const forwardingHeaderMissing: Hint = (request) => {
  const { peer, forwardedHeader } = request;
  const { name, other } = HEADERS[forwardedHeader];
  return `Expected ${name} from a peer in trustedProxies, got none. If it came through a proxy that writes ${HEADERS[other].name} itself, set forwardedHeader: '${other}'. If it came through another proxy, ${writeHeader(request, 'replace')}. ${besideProxy(request)} If no proxy is at ${peer}, move "${peer}" from trustedProxies to trustedHosts${wholeList(request, peer)}.`;
};

export const chainExhausted: Hint = (request) => {
  const { peer, forwardedHeader } = request;
  const { name, replace, append } = HEADERS[forwardedHeader];
  return `Expected a client in ${name}, got only members of trustedProxies. If a network there holds your scraper, write "${peer}", the address of the proxy, in place of the network. If another proxy is in front of ${peer}, have that one write ${name} (${replace}) and have ${peer} append to it (${append}). ${besideProxy(request)}`;
};

/** The proxy passes on what clients send in front of its own member. */
export const excessiveHeader =
  (limit: string): Hint =>
  ({ peer, forwardedHeader }) => {
    const { name, replace } = HEADERS[forwardedHeader];
    return `Expected ${name} of at most ${limit}, got more. If ${peer} is the only proxy, have it replace what clients send (${replace}). Otherwise, have the first proxy of the chain do so.`;
  };

export const forwardedMalformed: Hint = ({ peer, forwardedHeader, malformed }) => {
  const { name, replace } = HEADERS[forwardedHeader];
  const { text, position, count } = malformed ?? { text: '', position: 1, count: 1 };
  const writer = position === count ? `${peer}, which connected,` : `the proxy that is member ${position + 1}`;
  return `Expected an address as member ${position} of ${count} of ${name}, got ${quote(text)}. Have ${writer} write the address of its client there (${replace}).`;
};

export const notTrusted: Hint = (request) => {
  const { address, hops, isForwarder } = request;
  if (isForwarder) return notTrustedForwarder(request);
  if (hops > 0) return notTrustedBehindProxy(request);
  const asScraper = asTrusted(request);
  const asProxy = `If ${address} is a proxy, ${writeHeader(request, 'replace')} and add "${address}" to trustedProxies.`;
  if (request.isHttp10) {
    return `${expectedTrusted(request)} over HTTP/1.0, as from nginx before 1.29.7 by default. ${asProxy} ${asScraper} and set allowHttp10: true.`;
  }
  return `${expectedTrusted(request)}. ${asScraper}. ${asProxy} ${SHARED_ADDRESS} Let probes request another route.`;
};

const expectedTrusted = ({ address }: RefusedRequest) => `Expected an address in trustedHosts, got ${address}`;

const asTrusted = (request: RefusedRequest) =>
  `If ${request.address} is your scraper, add "${request.address}" to trustedHosts${wholeList(request, request.address)}`;

/** The list with its default, which would be lost if the option had only the new address. */
function wholeList({ defaultHosts }: RefusedRequest, address = ''): string {
  if (defaultHosts === undefined) return '';
  const list = new Set([...defaultHosts, address]);
  return ` (trustedHosts: [${[...list].map((host) => `'${host}'`).join(', ')}])`;
}

function notTrustedForwarder({ address, forwardedHeader }: RefusedRequest): string {
  const { name } = HEADERS[forwardedHeader];
  const write = writeHeader({ forwardedHeader }, 'append', { unlessItDoes: true });
  return `Expected no members of ${name} to the left of ${address}, got some. If ${address} is a proxy, ${write} and add "${address}" to trustedProxies. In trustedHosts, a proxy would let in everyone behind it. If ${address} is your scraper, have it send no ${name}.`;
}

function notTrustedBehindProxy(request: RefusedRequest): string {
  const { address, forwardedHeader, isHttp10 } = request;
  const { name, append } = HEADERS[forwardedHeader];
  const version = isHttp10 ? ` ${ALL_SPEAK_HTTP11}` : '';
  return `${expectedTrusted(request)}. ${asTrusted(request)}. If ${address} is a proxy, ${writeHeader({ forwardedHeader }, 'replace')} and add "${address}" to trustedProxies. If ${address} is a proxy, or one of trustedProxies only passes on what clients send, have the proxies in trustedProxies append to ${name} (${append}). Behind a proxy that adds no header, all clients have this address.${version}`;
}

export const httpVersion: Hint = (request) => {
  const { peer, hops } = request;
  const expected = 'Expected HTTP/1.1 or later, got HTTP/1.0';
  if (hops > 0) {
    return `${expected}. ${ALL_SPEAK_HTTP11} If your scraper itself speaks HTTP/1.0, set allowHttp10: true.`;
  }
  const otherwise = 'If your scraper itself speaks HTTP/1.0 and comes through no proxy, set allowHttp10: true.';
  if (peer === undefined)
    return `${expected}. If a proxy connects to the unix socket, ${overTcp(request)}. ${otherwise}`;
  return `${expected}, as from nginx before 1.29.7 by default. If ${peer} is a proxy, ${writeHeader(request, 'replace')} and add "${peer}" to trustedProxies. ${otherwise}`;
};

export const hostNotAllowed: Hint = ({ host }) => {
  const expected = 'Expected an IP address, localhost or a name in allowedHosts, got';
  if (host === undefined) return `${expected} no host. Send a Host header with one of these.`;
  const { sent, name } = host;
  if (name === undefined) return `${expected} ${quote(sent)}, which is not a host. Request one of these instead.`;
  const added = isQuotedWhole(name) ? quote(name) : 'it, without its port,';
  return `${expected} ${quote(sent)}. If that name is yours, add ${added} to allowedHosts. Otherwise, request an IP address or localhost. Behind a proxy, it is the name that the proxy sends.`;
};

/** Replaces the hint of the reason: no option makes such a request acceptable. */
export const noSocket = () =>
  "Expected a request from a socket of Node's HTTP server, got one without, as in serverless adapters and mocks. No option changes that: its address is only what the platform says. Restrict access in the platform, and serve the metrics with renderMetrics of express-metrics-json/render.";

/** Warns of a request that was let in: a proxy in trustedHosts lets in all of its clients. */
export const unlistedForwarder: Hint = ({ address, forwardedHeader }) => {
  const { name } = HEADERS[forwardedHeader];
  return `Expected no members of ${name} to the left of ${address}, got some. If ${address} is a proxy, all its clients get in: add "${address}" to trustedProxies.`;
};

/** A proxy that writes the header over HTTP/1.1. Appending is right in every place of a chain. */
function writeHeader(
  { forwardedHeader, isHttp10 }: Pick<RefusedRequest, 'forwardedHeader' | 'isHttp10'>,
  how: 'replace' | 'append',
  { unlessItDoes = false } = {},
): string {
  const header = HEADERS[forwardedHeader];
  const version = isHttp10 ? `${SPEAK_HTTP11} and ` : '';
  return `have it ${version}write ${header.name}${unlessItDoes ? ' itself, unless it does' : ''} (${header[how]})`;
}

/** Everyone behind a proxy comes through its unix socket, and no address tells them apart. */
const overTcp = (request: RefusedRequest) =>
  `have it connect over TCP (nginx: proxy_pass http://127.0.0.1:PORT;), ${writeHeader(request, 'append', { unlessItDoes: true })} and add "127.0.0.1" to trustedProxies`;

const sendNone = (client: string) =>
  `If ${client} is your scraper, have it send no forwarding header (X-Forwarded-For, Forwarded, Via and the like).`;

/** A client on the host of a listed proxy has the proxy's address. */
function besideProxy({ peer = '' }: RefusedRequest): string {
  const isLocal = peer.startsWith('127.') || peer === '::1';
  const other = !isLocal ? 'ANOTHER_ADDRESS_OF_ITS_HOST' : peer === '127.0.0.2' ? '127.0.0.3' : '127.0.0.2';
  return `If your scraper runs on the proxy's host, have the proxy connect from another address (nginx: proxy_bind ${other}; HAProxy: source ${other}) and write "${other}" in place of "${peer}" in trustedProxies.`;
}
