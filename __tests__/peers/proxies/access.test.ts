import type { MetricsRouterOptions } from '../../../lib/index.ts';
import { type Configuration, configurations, type Writes } from './configurations.ts';
import { type ReverseProxy, startProxy } from './proxy.ts';
import { FRIEND, type Request, type Service, STRANGER, serveRouters } from './service.ts';
import { spoofs } from './spoofs.ts';

// Every proxy here runs on the app's host, with an address that is trusted by default: that is where most can go wrong.

const routers = {
  'not told of the proxy': { trustedHosts: ['127.0.0.1', FRIEND] },
  'reading X-Forwarded-For': { trustedHosts: [FRIEND], trustedProxies: ['127.0.0.1'] },
  'reading Forwarded': { trustedHosts: [FRIEND], trustedProxies: ['127.0.0.1'], forwardedHeader: 'forwarded' },
} satisfies Record<string, Partial<MetricsRouterOptions>>;
type Router = keyof typeof routers;

const TRUSTED_ALONE = ['200', '403 not-trusted'] as const;
const EVERYBODY = ['200', '200'] as const;
const UNEXPECTED = ['403 unexpected-forwarding-header', '403 unexpected-forwarding-header'] as const;
const MISSING = ['403 forwarding-header-missing', '403 forwarding-header-missing'] as const;
const TOO_OLD = ['505 http-version', '505 http-version'] as const;

/** What the proxy writes × what the router does: the answers to a trusted client and to a stranger. */
const answers: Record<Writes, Record<Router, readonly [friend: string, stranger: string]>> = {
  'X-Forwarded-For': {
    'not told of the proxy': UNEXPECTED,
    'reading X-Forwarded-For': TRUSTED_ALONE,
    'reading Forwarded': MISSING,
  },
  Forwarded: {
    'not told of the proxy': UNEXPECTED,
    'reading X-Forwarded-For': MISSING,
    'reading Forwarded': TRUSTED_ALONE,
  },
  'both headers': {
    'not told of the proxy': UNEXPECTED,
    'reading X-Forwarded-For': TRUSTED_ALONE,
    'reading Forwarded': TRUSTED_ALONE,
  },
  'nothing, over HTTP/1.0': {
    'not told of the proxy': TOO_OLD,
    'reading X-Forwarded-For': MISSING,
    'reading Forwarded': MISSING,
  },
  'nothing, over HTTP/1.1': {
    'not told of the proxy': EVERYBODY,
    'reading X-Forwarded-For': MISSING,
    'reading Forwarded': MISSING,
  },
};

/** Every cell of the table, for each proxy that has to be answered so. */
const rows = configurations.flatMap((configuration) =>
  (Object.keys(routers) as Router[]).map((router) => {
    const [friend, stranger] = answers[configuration.writes][router];
    return { ...configuration, configuration, router, friend, stranger, answer: answers[configuration.writes][router] };
  }),
);

const proxies = new Map<Configuration, ReverseProxy>();
let service: Service;

beforeAll(async () => {
  service = await serveRouters(routers);
  await Promise.all(
    configurations.map(async (configuration) => {
      proxies.set(configuration, await startProxy(configuration, service));
    }),
  );
});

const ask = ({ configuration, router }: (typeof rows)[number], request: Request) =>
  service.ask(proxies.get(configuration)!, router, request);

test.each(rows.filter(({ answer }) => answer !== EVERYBODY))(
  '$proxy ($how), a router $router: $friend for a trusted client, $stranger for a stranger',
  async (row) => {
    expect(await ask(row, { from: FRIEND })).toMatchObject({ answer: row.friend });
    expect(await ask(row, { from: STRANGER })).toMatchObject({ answer: row.stranger });
  },
);

test.each(rows.filter(({ answer }) => answer === TRUSTED_ALONE || answer === UNEXPECTED))(
  '$proxy ($how), a router $router: a stranger gets the same, whatever it sends',
  async (row) => {
    const plain = await ask(row, { from: STRANGER });
    for (const { what, otherwise = [], ...parts } of spoofs) {
      const { answer, body } = await ask(row, { ...parts, from: STRANGER });
      expect({ what, answer }).toEqual({ what, answer: otherwise.includes(answer) ? answer : plain.answer });
      if (answer.startsWith('403')) expect(body).toBe(plain.body);
    }
  },
);

test.each(rows.filter(({ answer }) => answer === TRUSTED_ALONE))(
  '$proxy ($how), a router $router: what a trusted client claims costs it nothing',
  async (row) => {
    const headers = [`X-Forwarded-For: ${STRANGER}`, `Forwarded: for=${STRANGER}`];
    expect(await ask(row, { from: FRIEND, headers })).toMatchObject({ answer: '200' });
  },
);

test.each(rows.filter(({ writes }) => writes === 'nothing, over HTTP/1.0'))(
  '$proxy ($how), a router $router: nobody gets in, whatever they send',
  async (row) => {
    for (const { what, otherwise: _, ...parts } of spoofs) {
      const { answer } = await ask(row, { ...parts, from: STRANGER });
      expect({ what, answer }).toEqual({ what, answer: expect.stringMatching(/^[45]/) });
    }
  },
);

// What follows is not wanted, but nobody can tell it from what is: the README has to say so.

test.each(rows.filter(({ answer }) => answer === EVERYBODY))(
  'DOCUMENTED: $proxy ($how) cannot be recognised: where its address is trusted, everybody is',
  async (row) => {
    for (const from of [FRIEND, STRANGER]) expect(await ask(row, { from })).toMatchObject({ answer: '200' });
  },
);

test.each(rows.filter(({ answer, ...row }) => answer === MISSING && passesOn(row)))(
  'DOCUMENTED: $proxy ($how), a router $router: listed, it lets strangers in who send the header themselves',
  async (row) => {
    const headers = [`X-Forwarded-For: ${FRIEND}`, `Forwarded: for=${FRIEND}`];
    expect(await ask(row, { from: STRANGER, headers })).toMatchObject({ answer: '200' });
  },
);

/** Does the header that the router reads come through as the client sent it? Caddy takes X-Forwarded-For out. */
function passesOn({ proxy, writes, router }: Pick<(typeof rows)[number], 'proxy' | 'writes' | 'router'>): boolean {
  if (writes === 'nothing, over HTTP/1.0') return false;
  return proxy !== 'caddy' || router === 'reading Forwarded';
}
