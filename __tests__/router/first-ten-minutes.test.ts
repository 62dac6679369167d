import { networkInterfaces } from 'node:os';
import express, { type Express } from 'express';
import supertest from 'supertest';
import { type MetricsRouterOptions, metricsRouter } from '../../lib/index.ts';
import { type ConnectionOptions, type RequestParts, requestText, send } from '../support/raw-http.ts';
import { closeServers, listen, watchWarnings } from '../support/serve.ts';

// The first requests of new users, who have only the log to tell them what to change. In each setting, the log names the
// option and the value; after exactly that change, the request is let in. hints.test.ts covers proxies.

type Options = Partial<MetricsRouterOptions>;
type Ask = (app: Express) => Promise<number>;

interface Step {
  ask: Ask;
  status: number;
  reason: string;
  /** Instruction in the log: an option with its value, or what the client or the proxy should send. */
  says: string;
  /** Options after the instruction was followed, unless it concerns the client. */
  options?: Options;
}

interface Setting {
  options?: Options;
  app?: (app: Express) => Express;
  steps: Step[];
  /** The next request: the refused one or, if the log asks for another, that one. */
  finally: Ask;
}

const raw =
  (parts: RequestParts = {}, ends: ConnectionOptions = {}): Ask =>
  async (app) =>
    // Dual-stack, like app.listen(port), so that IPv4 peers are shown as ::ffff:127.0.0.1.
    (await send(await listen(app, { port: 0 }), requestText(parts), { to: '127.0.0.1', ...ends })).status;

const overTest: Ask = async (app) =>
  (await supertest(app).get('/metrics.json').set('X-Forwarded-For', '203.0.113.9')).status;

const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));

const FAR = { from: '127.0.0.2' };
const nginx10 = raw({ version: '1.0', headers: ['Connection: close'] });
const nginx11 = raw({ headers: ['X-Forwarded-For: 203.0.113.9', 'Connection: close'] });
const nginxFrom2 = raw({ headers: ['X-Forwarded-For: 127.0.0.1'] }, FAR);
const named = (host: string) => raw({ hosts: [host] });
const farNamed = raw({ hosts: ['service.internal:3000'], headers: ['X-Forwarded-For: 203.0.113.9'] });
const page = (...headers: string[]) => raw({ headers });
const authorized = raw({ headers: ['Authorization: Bearer c2VjcmV0'] });
const probe = (target: string) =>
  raw({ target, hosts: ['10.244.0.7:3000'], headers: ['User-Agent: kube-probe/1.29', 'Connection: close'] }, FAR);

/** The whole list is shown while it has its default, of which `kept` can still be clients. */
function stranger(ask: Ask, address: string, kept: readonly string[] | undefined): Step {
  const trustedHosts = [...(kept ?? []), address];
  const whole = kept === undefined ? '' : ` (trustedHosts: [${trustedHosts.map((host) => `'${host}'`).join(', ')}])`;
  const says = `If ${address} is your scraper, add "${address}" to trustedHosts${whole}.`;
  return { ask, status: 403, reason: 'not-trusted', says, options: { trustedHosts } };
}
const unlisted = (ask: Ask): Step => ({
  ask,
  status: 403,
  reason: 'unexpected-forwarding-header',
  says: 'and add "127.0.0.1" to trustedProxies, or do not forward the metrics. Express\' trust proxy is not used.',
  options: { trustedProxies: ['127.0.0.1'] },
});
const unnamed = (ask: Ask, host: string, ...others: string[]): Step => ({
  ask,
  status: 403,
  reason: 'host-not-allowed',
  says: `If that name is yours, add "${host}" to allowedHosts`,
  options: { allowedHosts: [host, ...others] },
});
const foreign = (ask: Ask): Step => ({
  ask,
  status: 403,
  reason: 'cross-site',
  says: 'Open the URL itself, or fetch it from the server of that page',
});
const besideProxy = (ask: Ask, reason: string): Step => ({
  ask,
  status: 403,
  reason,
  says: '(nginx: proxy_bind 127.0.0.2; HAProxy: source 127.0.0.2) and write "127.0.0.2" in place of "127.0.0.1" in trustedProxies',
  options: { trustedProxies: ['127.0.0.2'] },
});

const overIpv6: [string, Setting][] = [
  [
    'curl to ::1, with 127.0.0.1 in the list',
    {
      options: { trustedHosts: ['127.0.0.1'] },
      steps: [stranger(raw({}, { to: '::1' }), '::1', undefined)],
      finally: raw({}, { to: '::1' }),
    },
  ],
];

test.each<[string, Setting]>([
  ...(hasIpv6 ? overIpv6 : []),
  [
    'curl from another address',
    { steps: [stranger(raw({}, FAR), '127.0.0.2', ['127.0.0.1', '::1'])], finally: raw({}, FAR) },
  ],
  [
    'a bare proxy_pass of nginx',
    {
      steps: [
        {
          ask: nginx10,
          status: 505,
          reason: 'http-version',
          says: 'speak HTTP/1.1 (nginx: proxy_http_version 1.1;) and write X-Forwarded-For (nginx: proxy_set_header X-Forwarded-For $remote_addr; ',
          options: { trustedProxies: ['127.0.0.1'] },
        },
        stranger(nginx11, '203.0.113.9', ['::1']),
      ],
      finally: nginx11,
    },
  ],
  [
    'a client that speaks HTTP/1.0',
    {
      steps: [
        {
          ask: nginx10,
          status: 505,
          reason: 'http-version',
          says: 'If your scraper itself speaks HTTP/1.0 and comes through no proxy, set allowHttp10: true',
          options: { allowHttp10: true },
        },
      ],
      finally: nginx10,
    },
  ],
  [
    'nginx with X-Forwarded-For, not listed, then listed',
    { steps: [unlisted(nginx11), stranger(nginx11, '203.0.113.9', ['::1'])], finally: nginx11 },
  ],
  [
    'an app that relies on trust proxy',
    {
      app: (app) => app.set('trust proxy', true),
      steps: [unlisted(nginx11), stranger(nginx11, '203.0.113.9', ['::1'])],
      finally: nginx11,
    },
  ],
  [
    'curl on the host of a listed proxy',
    {
      options: { trustedProxies: ['127.0.0.1'] },
      steps: [besideProxy(raw(), 'forwarding-header-missing')],
      finally: raw(),
    },
  ],
  [
    'curl through a listed proxy on its own host',
    {
      options: { trustedProxies: ['127.0.0.1'] },
      steps: [besideProxy(raw({ headers: ['X-Forwarded-For: 127.0.0.1'] }), 'chain-exhausted')],
      finally: nginxFrom2,
    },
  ],
  [
    'a scraper on the same host, under a DNS name',
    { steps: [unnamed(named('service.internal:3000'), 'service.internal')], finally: named('service.internal:3000') },
  ],
  [
    'a scraper far away, under a name that is not the listed one, with checkHost',
    {
      options: {
        trustedProxies: ['127.0.0.1'],
        trustedHosts: ['203.0.113.9'],
        allowedHosts: ['api'],
        checkHost: true,
      },
      steps: [unnamed(farNamed, 'service.internal', 'api')],
      finally: farNamed,
    },
  ],
  [
    "a page of another site's, in a browser",
    {
      steps: [
        foreign(page('Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: cors', 'Origin: https://grafana.example')),
        foreign(page('Sec-Fetch-Site: same-site', 'Sec-Fetch-Mode: cors', 'Origin: http://localhost:5173')),
      ],
      finally: page('Sec-Fetch-Site: none', 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: document'),
    },
  ],
  [
    'a browser on the same host, under a name',
    { steps: [unnamed(named('shop.test:3000'), 'shop.test')], finally: named('shop.test:3000') },
  ],
  [
    'a suite with supertest that sets X-Forwarded-For',
    { steps: [unlisted(overTest), stranger(overTest, '203.0.113.9', ['::1'])], finally: overTest },
  ],
  [
    "a kubelet's probe",
    {
      app: (app) => app.get('/healthz', (_req, res) => void res.send('ok')),
      steps: [
        {
          ...stranger(probe('/metrics'), '127.0.0.2', undefined),
          says: 'Let probes request another route',
          options: {},
        },
      ],
      finally: probe('/healthz'),
    },
  ],
  [
    'a monitor with a bearer token',
    {
      steps: [
        {
          ask: authorized,
          status: 403,
          reason: 'http-authentication',
          says: 'Remove the credentials from the scraper (in Prometheus: authorization, basic_auth, bearer_token_file, oauth2)',
        },
      ],
      finally: raw(),
    },
  ],
])(
  '%s: the warnings say what to change, and following them is enough',
  async (_setting, { options = {}, app, steps, finally: ask }) => {
    const warnings = watchWarnings();
    let current: Options = options;
    const service = () => {
      const made = express();
      app?.(made);
      return made.use(metricsRouter({ source: { collect: () => [] }, ...current }));
    };
    for (const { ask, status, reason, says, options } of steps) {
      warnings.mockClear();
      expect(await ask(service())).toBe(status);
      const said = warnings.mock.calls.map(([text]) => text as string);
      expect(said).toEqual([expect.stringContaining(`: ${reason}. `)]);
      expect(said).toEqual([expect.stringContaining(says)]);
      current = { ...current, ...options };
    }
    warnings.mockClear();
    expect(await ask(service())).toBe(200);
    expect(warnings).not.toHaveBeenCalled();
  },
);

afterEach(async () => {
  await closeServers();
  jest.restoreAllMocks();
});
