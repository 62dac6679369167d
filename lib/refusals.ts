/** Why a request was refused: the values of `onDecision`'s `reason` and of the label of the same name. */
export type RefusalReason = keyof typeof REFUSALS;

export interface Refusal {
  readonly status: number;
  /** The whole public explanation: fixed, so that an answer tells nothing of the request, the list or the source. */
  readonly detail: string;
  /** What the operator is told, once per reason: the option to set and, where it is an address, the value. */
  cure(from: From): string;
  /** Such a request may be passed on instead, so that nothing tells of the endpoint. */
  readonly canHide?: true;
}

/** Where a request came from, as far as that is known. */
export interface From {
  /** Absent on a unix socket. */
  readonly peer?: string;
  /** The address that counted. */
  readonly address?: string;
}

/** Every untrusted request gets the same answer, whatever the reason. */
const untrusted = (cure: Refusal['cure']) =>
  ({ status: 403, detail: 'Forbidden', cure, canHide: true }) satisfies Refusal;

const listing = (proxy?: string) =>
  proxy === undefined
    ? 'have it connect over TCP and add its address to trustedProxies'
    : `add "${proxy}" to trustedProxies`;

/** A client on a proxy's own host has the proxy's address, and is locked out by what is said of the proxy. */
const besideProxy = (peer?: string) =>
  `If a client on the proxy's host asked, let the proxy connect from an address of its own (in nginx: proxy_bind 127.0.0.2) and put that in trustedProxies in the place of "${peer}".`;

/** In the order in which the guards look for them. */
export const REFUSALS = {
  'raw-headers-missing': untrusted(
    () =>
      "It has no raw headers (req.rawHeaders), so that no header can be shown to be absent. Serverless adapters, Deno before 2.3, and mocks leave them out. Serve from Node's own HTTP server; elsewhere, restrict access in the platform and use renderMetrics of express-metrics-json/render.",
  ),
  'header-limit': {
    status: 431,
    detail: 'Too many header fields',
    canHide: true,
    cure: () =>
      'It had as many header fields as the server keeps (server.maxHeadersCount), so some may have been cut off.',
  },
  'address-unparseable': untrusted(
    () =>
      'Its socket has no address: on a unix socket, allowUnixSocket: true lets in everybody who can open it, a proxy and its clients included; otherwise it was gone already.',
  ),
  'unexpected-forwarding-header': untrusted(
    ({ peer }) =>
      `It came through a proxy, or says so. If it is a proxy that writes the header itself, ${listing(peer)} (the app's trust proxy plays no part); one that passes on what clients send must not forward the metrics.`,
  ),
  'forwarding-header-missing': untrusted(
    ({ peer }) =>
      `It came from one of trustedProxies without the header that forwardedHeader names. Have the proxy set it. ${besideProxy(peer)}`,
  ),
  'forwarding-header-too-long': untrusted(
    () => 'Its forwarding header is longer than 4 KiB. Have the proxy (trustedProxies) replace what clients send.',
  ),
  'too-many-hops': untrusted(
    () => 'Its forwarding header has more than 32 members. Have the proxy (trustedProxies) replace what clients send.',
  ),
  'forwarded-malformed': untrusted(
    () =>
      'Its forwarding header has a member that is not an address. Look at what the proxy (trustedProxies) writes, and at forwardedHeader.',
  ),
  'chain-exhausted': untrusted(
    ({ peer }) =>
      `Every member of its forwarding header is one of trustedProxies. List the proxies alone there, and not the clients. ${besideProxy(peer)}`,
  ),
  'not-trusted': untrusted(
    ({ address }) =>
      `If this is your scraper, add "${address}" or its network to trustedHosts (by default "127.0.0.1" and "::1"); behind source NAT (Docker, Kubernetes) that is the address of the NAT, and of all behind it. Let probes ask another route.`,
  ),
  'http-version': {
    status: 505,
    detail: 'HTTP/1.1 is needed here',
    cure: ({ peer }) =>
      `It spoke HTTP/1.0, as nginx before 1.29.7 does by default: there, set proxy_http_version 1.1 and proxy_set_header X-Forwarded-For $remote_addr, and ${listing(peer)}. If it is a client and no proxy, set allowHttp10: true.`,
  },
  'duplicate-host': {
    status: 400,
    detail: 'More than one host',
    cure: () =>
      'It has two Host headers or, over HTTP/2, a Host header that differs from :authority. Only a broken or hostile client, or a proxy that rewrites one of them alone, sends that.',
  },
  userinfo: {
    status: 400,
    detail: 'User information in the request target',
    cure: () => 'Take user:password@ out of the URL: HTTP authentication is not permitted.',
  },
  'http-authentication': {
    status: 403,
    detail: 'HTTP authentication is not permitted here: send no Authorization header',
    cure: () =>
      'Take the credentials out of the scraper (in Prometheus: authorization, basic_auth, bearer_token_file, oauth2) and out of its URL: its address is what is trusted.',
  },
  'cross-site': {
    status: 403,
    detail: 'Cross-site requests are not permitted here',
    cure: () =>
      'A page of another site, which another port is too, asked for it in a browser. Open the URL itself, or let the server of that page ask.',
  },
  'host-not-allowed': {
    status: 403,
    detail: 'This host name is not permitted here',
    cure: () =>
      'Ask by IP address or localhost or, if the name in its Host header is yours, put it without the port in allowedHosts; behind a proxy, that is the name that the proxy sends.',
  },
  'bad-query': {
    status: 400,
    detail: 'Malformed query',
    cure: () =>
      'Mend its URL (in Prometheus: params): at most 100 values, none of them empty, of name[] and exclude[], one prefix that is the beginning of a metric name, and whole percent-encodings.',
  },
  method: { status: 405, detail: 'Method not allowed', cure: () => 'Ask with GET or HEAD.' },
  'too-many-scrapes': {
    status: 503,
    detail: 'Too many scrapes in flight',
    cure: () => 'Scrape less often or from fewer places, or raise maxInFlight.',
  },
} as const satisfies Record<string, Refusal>;
