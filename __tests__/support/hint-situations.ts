import type { MetricsRouterOptions } from '../../lib/index.ts';
import type { ProxyConfig, Scraper, Situation } from './hint-follower.ts';

/** A situation to start from, and the maximum number of hints until the scraper gets in. */
export interface Start extends Situation {
  readonly what: string;
  readonly steps: number;
}

const SCRAPER = '127.0.0.11';
const EDGE = '127.0.0.21';
const INNER = '127.0.0.22';

const scraper: Scraper = { from: SCRAPER };
const nginx = (...directives: string[]): ProxyConfig => ({ program: 'nginx', directives });

/** Configurations of nginx. */
export const NGINX: Readonly<Record<string, readonly string[]>> = {
  'bare before 1.29.7': ['proxy_http_version 1.0'],
  'bare since 1.29.7': ['proxy_http_version 1.1'],
  'with X-Real-IP, HTTP/1.0': ['proxy_http_version 1.0', 'proxy_set_header X-Real-IP $remote_addr'],
  'with X-Real-IP': ['proxy_http_version 1.1', 'proxy_set_header X-Real-IP $remote_addr'],
  'replacing X-Forwarded-For, HTTP/1.0': ['proxy_http_version 1.0', 'proxy_set_header X-Forwarded-For $remote_addr'],
  'replacing X-Forwarded-For': ['proxy_http_version 1.1', 'proxy_set_header X-Forwarded-For $remote_addr'],
  'appending to X-Forwarded-For': [
    'proxy_http_version 1.1',
    'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for',
  ],
  'replacing Forwarded': ['proxy_http_version 1.1', 'proxy_set_header Forwarded "for=$remote_addr"'],
};

export const HAPROXY: Readonly<Record<string, readonly string[]>> = {
  'without option forwardfor': [],
  'with option forwardfor': ['option forwardfor'],
  'replacing X-Forwarded-For': ['http-request set-header X-Forwarded-For %[src]'],
  'replacing Forwarded': ['http-request set-header Forwarded for=%[src]'],
};

const HEADERS = ['x-forwarded-for', 'forwarded'] as const;

/** Returns situations with one proxy, local or remote, listed or not, for each forwarding header. */
export function behindOne({ program, ways }: Ways): Start[] {
  return Object.entries(ways).flatMap(([way, lines]) =>
    ['127.0.0.1', INNER].flatMap((address) =>
      [false, true].flatMap((isListed) =>
        HEADERS.map((forwardedHeader) => ({
          what: `${program} at ${address}, ${way}, ${isListed ? '' : 'not '}listed, reading ${forwardedHeader}`,
          options: { forwardedHeader, ...(isListed && { trustedProxies: [address] }) },
          proxies: [configure(program, address, lines)],
          scraper,
          steps: /^bare|^without/.test(way) ? 2 : 3,
        })),
      ),
    ),
  );
}

/** Configures a proxy that connects from an address. */
function configure(program: ProxyConfig['program'], address: string, lines: readonly string[]): ProxyConfig {
  const source = program === 'nginx' ? `proxy_bind ${address}` : `source ${address}`;
  return { program, directives: address === '127.0.0.1' ? lines : [source, ...lines] };
}

/**
 * Whether the proxy cannot be distinguished from a trusted client. Its requests are let in from the start, if its
 * address is trusted by default or, on a unix socket, with `allowUnixSocket`. Then there is no hint.
 */
export const isUnrecognisable = ({ options, proxies, isUnixSocket }: Start): boolean =>
  (isUnixSocket ? options.allowUnixSocket === true : options.trustedProxies === undefined) &&
  proxies.every(({ directives }) => directives.every((line) => line === 'proxy_http_version 1.1'));

/** Configurations of a proxy in a chain. */
export interface Ways {
  readonly program: ProxyConfig['program'];
  readonly ways: Readonly<Record<string, readonly string[]>>;
}

/** Returns situations with two proxies in a chain, of which none, the last or both are listed. */
export function behindTwo(first: Ways, second: Ways): Start[] {
  return Object.entries(first.ways).flatMap(([edge, edgeLines]) =>
    Object.entries(second.ways).flatMap(([inner, innerLines]) =>
      [[], [INNER], [EDGE, INNER]].map((trustedProxies) => ({
        what: `${first.program} ${edge}, then ${second.program} ${inner}, listed: ${trustedProxies.join(' and ') || 'none'}`,
        options: { trustedProxies },
        proxies: [configure(first.program, EDGE, edgeLines), configure(second.program, INNER, innerLines)],
        scraper,
        steps: 3,
      })),
    ),
  );
}

/** Whether a configuration may be in a chain. */
const chained = ([way]: [string, readonly string[]]) => !/X-Real-IP|replacing Forwarded|HTTP\/1\.0/.test(way);
export const CHAINED_NGINX: Ways = {
  program: 'nginx',
  ways: Object.fromEntries(Object.entries(NGINX).filter(chained)),
};
export const CHAINED_HAPROXY: Ways = {
  program: 'haproxy',
  ways: Object.fromEntries(Object.entries(HAPROXY).filter(chained)),
};

const listed: Partial<MetricsRouterOptions> = { trustedProxies: ['127.0.0.1'] };
const writing = NGINX['replacing X-Forwarded-For'] as string[];
const appending = NGINX['appending to X-Forwarded-For'] as string[];
const none = { proxies: [], options: {} };

/** Other situations. */
export const OTHERS: readonly Start[] = [
  { what: 'a scraper at another address', ...none, scraper, steps: 1 },
  { what: 'a scraper that speaks HTTP/1.0', ...none, scraper: { ...scraper, version: '1.0' }, steps: 1 },
  { what: 'a local scraper that speaks HTTP/1.0', ...none, scraper: { from: '127.0.0.1', version: '1.0' }, steps: 1 },
  { what: 'a scraper that sends Via', ...none, scraper: { ...scraper, headers: ['Via: 1.1 me'] }, steps: 2 },
  {
    what: 'a scraper that is listed as a proxy',
    proxies: [],
    options: { trustedProxies: [SCRAPER] },
    scraper,
    steps: 1,
  },
  {
    what: 'a scraper that sends X-Forwarded-For through a proxy that appends',
    proxies: [nginx(...appending)],
    options: listed,
    scraper: { ...scraper, headers: ['X-Forwarded-For: 203.0.113.9'] },
    steps: 2,
  },
  {
    what: 'a scraper that sends a long X-Forwarded-For through a proxy that appends',
    proxies: [nginx(...appending)],
    options: listed,
    scraper: { ...scraper, headers: [`X-Forwarded-For: ${Array(40).fill('203.0.113.9').join()}`] },
    steps: 2,
  },
  {
    what: 'a local scraper under a name',
    ...none,
    scraper: { from: '127.0.0.1', hosts: ['Metrics.internal:3000'] },
    steps: 1,
  },
  {
    what: 'a scraper under a name, with checkHost',
    proxies: [],
    options: { checkHost: true },
    scraper: { ...scraper, hosts: ['metrics.internal'] },
    steps: 2,
  },
  {
    what: "a scraper on a listed proxy's host that asks the service itself",
    proxies: [nginx(...writing)],
    options: listed,
    scraper: { from: '127.0.0.1' },
    isDirect: true,
    isBesideProxy: true,
    steps: 1,
  },
  {
    what: "a scraper on a listed proxy's host that asks through the proxy",
    proxies: [nginx(...writing)],
    options: listed,
    scraper: { from: '127.0.0.1' },
    isBesideProxy: true,
    steps: 1,
  },
  {
    what: 'a scraper in a network that is listed for its proxies',
    proxies: [nginx(`proxy_bind ${INNER}`, ...writing)],
    options: { trustedProxies: ['127.0.0.0/27'] },
    scraper,
    steps: 2,
  },
  {
    what: 'a listed proxy that does not say for whom',
    proxies: [nginx('proxy_http_version 1.1', 'proxy_set_header X-Forwarded-For unknown')],
    options: listed,
    scraper,
    steps: 2,
  },
  {
    what: 'a listed edge that does not say for whom',
    proxies: [
      nginx(`proxy_bind ${EDGE}`, 'proxy_http_version 1.1', 'proxy_set_header X-Forwarded-For unknown'),
      nginx(`proxy_bind ${INNER}`, ...appending),
    ],
    options: { trustedProxies: [EDGE, INNER] },
    scraper,
    steps: 2,
  },
  {
    what: 'an edge that is trusted as a client, with all its clients',
    proxies: [nginx(`proxy_bind ${EDGE}`, ...writing), nginx(`proxy_bind ${INNER}`, ...appending)],
    options: { trustedHosts: [EDGE], trustedProxies: [INNER] },
    scraper,
    steps: 2,
  },
];

/** Situations in which the service listens on a unix socket. */
export const ON_UNIX_SOCKET: readonly Start[] = [
  { what: 'a scraper alone', ...none, scraper: { from: '' }, isUnixSocket: true, steps: 1 },
  ...Object.entries(NGINX)
    .filter(([way]) => way !== 'replacing Forwarded')
    .flatMap(([way, directives]) =>
      [{}, { allowUnixSocket: true }].map((options) => ({
        what: `nginx ${way}, ${JSON.stringify(options)}`,
        proxies: [nginx(...directives)],
        options,
        scraper,
        isUnixSocket: true,
        steps: 2,
      })),
    ),
];
