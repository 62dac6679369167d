import * as hints from './refusal-hints.ts';

/** Why a request was refused: the values of `onDecision`'s `reason` and of the label of the same name. */
export type RefusalReason = keyof typeof REFUSALS;

export interface Refusal {
  readonly status: number;
  /** Public explanation. It is fixed, so that a response reveals nothing about the request, the list or the source. */
  readonly detail: string;
  /** Tells the operator which option to set, and to what value. */
  readonly hint: hints.Hint;
  /** Whether `hideFromUntrusted` passes such a request on to the app. */
  readonly hideable?: true;
}

/** Every untrusted request gets the same response, whatever the reason. */
const untrusted = (hint: hints.Hint) => ({ status: 403, detail: 'Forbidden', hint, hideable: true }) satisfies Refusal;

/** All refusals, in the order in which the guards check for them. */
export const REFUSALS = {
  'raw-headers-missing': untrusted(
    () =>
      "Expected req.rawHeaders, got none, so that no guard can prove that a header is absent. Serverless adapters, Deno before 2.3 and mocks omit them. Serve from Node's own HTTP server. Elsewhere, restrict access in the platform and use renderMetrics of express-metrics-json/render.",
  ),
  'header-limit': {
    status: 431,
    detail: 'Too many header fields',
    hideable: true,
    hint: () =>
      'Expected fewer header fields than server.maxHeadersCount, got as many, so that some may have been cut off. Send fewer, or raise server.maxHeadersCount.',
  },
  'address-unparseable': untrusted(hints.addressUnparseable),
  'unexpected-forwarding-header': untrusted(hints.unexpectedForwardingHeader),
  'forwarding-header-missing': untrusted(hints.forwardingHeaderMissing),
  'forwarding-header-too-long': untrusted(hints.excessiveHeader('4 KiB')),
  'too-many-hops': untrusted(hints.excessiveHeader('32 members')),
  'forwarded-malformed': untrusted(hints.forwardedMalformed),
  'chain-exhausted': untrusted(hints.chainExhausted),
  'not-trusted': untrusted(hints.notTrusted),
  'http-version': { status: 505, detail: 'HTTP/1.1 is needed here', hint: hints.httpVersion },
  'duplicate-host': {
    status: 400,
    detail: 'More than one host',
    hint: () =>
      'Expected one host, got two Host headers or, over HTTP/2, a Host header that differs from :authority. Only a broken or hostile client, or a proxy that rewrites only one of them, sends that.',
  },
  userinfo: {
    status: 400,
    detail: 'User information in the request target',
    hint: () =>
      'Expected a URL without user information, got one with it. Remove user:password@ from the URL: HTTP authentication is not permitted.',
  },
  'http-authentication': {
    status: 403,
    detail: 'HTTP authentication is not permitted here: send no Authorization header',
    hint: () =>
      'Expected no Authorization header, got one. Remove the credentials from the scraper (in Prometheus: authorization, basic_auth, bearer_token_file, oauth2) and from its URL: only its address is checked.',
  },
  'cross-site': {
    status: 403,
    detail: 'Cross-site requests are not permitted here',
    hint: () =>
      'Expected a request of the same origin, got one that a browser sent on behalf of another origin (a different port is another origin). Open the URL itself, or fetch it from the server of that page.',
  },
  'host-not-allowed': {
    status: 403,
    detail: 'This host name is not permitted here',
    hint: hints.hostNotAllowed,
  },
  'bad-query': {
    status: 400,
    detail: 'Malformed query',
    hint: () =>
      'Expected a valid query string (in Prometheus: params), got a malformed one. Write at most 100 non-empty name[]/exclude[] values, at most one valid prefix, and valid percent-encoding.',
  },
  method: {
    status: 405,
    detail: 'Method not allowed',
    hint: () => 'Expected GET, HEAD or OPTIONS, got another method. Use GET or HEAD.',
  },
  'too-many-scrapes': {
    status: 503,
    detail: 'Too many scrapes in flight',
    hint: () =>
      'Expected at most maxInFlight scrapes at once, got more. Scrape less often or from fewer places, or raise maxInFlight.',
  },
} as const satisfies Record<string, Refusal>;
