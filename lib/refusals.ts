/** Why a request was refused: the values of `onDecision`'s `reason` and of the label of the same name. */
export type RefusalReason = keyof typeof REFUSALS;

export interface Refusal {
  readonly status: number;
  /** The whole public explanation: fixed, so that an answer tells nothing of the request, the list or the source. */
  readonly detail: string;
  /** What the operator is told, once per reason. */
  readonly cure: string;
  /** Such a request may be passed on instead, so that nothing tells of the endpoint. */
  readonly canHide?: true;
}

/** Every untrusted request gets the same answer, whatever the reason. */
const untrusted = (cure: string) => ({ status: 403, detail: 'Forbidden', cure, canHide: true }) satisfies Refusal;

/** In the order in which the guards look for them. */
export const REFUSALS = {
  'header-limit': {
    status: 431,
    detail: 'Too many header fields',
    canHide: true,
    cure: 'It had as many header fields as the server keeps (server.maxHeadersCount), so some may have been cut off.',
  },
  'address-unparseable': untrusted(
    'Its socket has no address: on a unix socket, allowUnixSocket: true lets in everybody who can open it, a proxy and its clients included; otherwise it was gone already.',
  ),
  'unexpected-forwarding-header': untrusted(
    'It came through a proxy, or says so. Put a proxy that writes the header itself in trustedProxies; one that passes on what clients send must not forward the metrics.',
  ),
  'forwarding-header-missing': untrusted(
    'It came from one of trustedProxies without the header that forwardedHeader names. Have the proxy set it, or take the address out of trustedProxies if no proxy has it.',
  ),
  'forwarding-header-too-long': untrusted(
    'Its forwarding header is longer than 4 KiB. Have the proxy (trustedProxies) replace what clients send.',
  ),
  'too-many-hops': untrusted(
    'Its forwarding header has more than 32 members. Have the proxy (trustedProxies) replace what clients send.',
  ),
  'forwarded-malformed': untrusted(
    'Its forwarding header has a member that is not an address. Look at what the proxy (trustedProxies) writes, and at forwardedHeader.',
  ),
  'chain-exhausted': untrusted(
    'Every member of its forwarding header is one of trustedProxies. List the proxies alone there, and not the clients.',
  ),
  'not-trusted': untrusted(
    'If this is your scraper, put its address in trustedHosts; behind source NAT (Docker, Kubernetes) that is the address of the NAT.',
  ),
  'http-version': {
    status: 505,
    detail: 'HTTP/1.1 is needed here',
    cure: 'It spoke HTTP/1.0, as nginx before 1.29.7 does by default: there, set proxy_http_version 1.1 and the header X-Forwarded-For, and put it in trustedProxies; or set allowHttp10: true.',
  },
  'duplicate-host': {
    status: 400,
    detail: 'More than one Host header',
    cure: 'Only a broken or hostile client sends two.',
  },
  userinfo: {
    status: 400,
    detail: 'User information in the request target',
    cure: 'Take user:password@ out of the URL: HTTP authentication is not permitted.',
  },
  'http-authentication': {
    status: 403,
    detail: 'HTTP authentication is not permitted here: send no Authorization header',
    cure: 'Take the credentials out of the scraper: its address is what is trusted.',
  },
  'cross-site': {
    status: 403,
    detail: 'Cross-site requests are not permitted here',
    cure: 'A page of another site asked for it in a browser. Open the URL itself, or let your own server ask.',
  },
  'host-not-allowed': {
    status: 403,
    detail: 'This host name is not permitted here',
    cure: 'Ask by IP address or localhost, or put the name that the client uses in allowedHosts.',
  },
  'bad-query': { status: 400, detail: 'Malformed query', cure: 'See the README on name[], exclude[] and prefix.' },
  method: { status: 405, detail: 'Method not allowed', cure: 'Only GET and HEAD are answered.' },
  'too-many-scrapes': {
    status: 503,
    detail: 'Too many scrapes in flight',
    cure: 'Scrape less often or from fewer places, or raise maxInFlight.',
  },
} as const satisfies Record<string, Refusal>;
