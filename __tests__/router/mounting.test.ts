import type { Express } from 'express';
import type { MetricsRouterOptions } from '../../lib/index.ts';
import { EXPRESS_VERSIONS, type ExpressVersion, loadExpress } from '../support/express-versions.ts';
import { type ConnectionOptions, type RequestParts, requestText, send } from '../support/raw-http.ts';
import { closeServers, listen, serveMetrics, watchWarnings } from '../support/serve.ts';

beforeEach(watchWarnings);
afterEach(async () => {
  await closeServers();
  jest.restoreAllMocks();
});

describe.each(EXPRESS_VERSIONS)('in an app of %s', (version) => {
  let express: ExpressVersion['express'];
  let library: ExpressVersion['library'];
  beforeAll(() => {
    ({ express, library } = loadExpress(version));
  });

  /** Creates a router whose only family has its name. */
  function routerNamed(name: string, options: Partial<MetricsRouterOptions> = {}) {
    const family = { name, type: 'gauge' as const, samples: [{ labels: {}, value: 1 }] };
    return library.metricsRouter({ source: { collect: () => [family] }, ...options });
  }

  async function ask(app: Express, parts: RequestParts, ends?: ConnectionOptions) {
    const { status, body, head } = await send(await listen(app), requestText(parts), ends);
    return { status, body, head };
  }

  async function statuses(app: Express, targets: readonly string[], ends?: ConnectionOptions) {
    const server = await listen(app);
    const answers = targets.map(async (target) => (await send(server, requestText({ target }), ends)).status);
    return Promise.all(answers);
  }

  test('the paths are exact: case, trailing slash and percent-encoding matter', async () => {
    const right = ['/metrics', '/metrics.json', '/metrics?a', '/metrics.json?a=/', '/metrics#a'];
    const wrong = [
      '/METRICS',
      '/metrics/',
      '/metrics.json/',
      '/metrics.JSON',
      '/%6detrics',
      '/metrics%20',
      '/metric',
      '/metrics.jso',
    ];
    const app = express().use(routerNamed('a'));
    expect(await statuses(app, right)).toEqual(right.map(() => 200));
    expect(await statuses(app, wrong)).toEqual(wrong.map(() => 404));
  });

  test('the option path changes the paths', async () => {
    const app = express().use(routerNamed('a', { path: '/internal/up-1.2~x_y' }));
    const targets = [
      '/internal/up-1.2~x_y',
      '/internal/up-1.2~x_y.json',
      '/internal/up-1x2~x_y',
      '/metrics',
      '/metrics.json',
    ];
    expect(await statuses(app, targets)).toEqual([200, 200, 404, 404, 404]);
  });

  test('a router may be mounted below a prefix, and within routers', async () => {
    const app = express().use('/ops', express.Router().use('/v1', routerNamed('a')));
    const targets = [
      '/ops/v1/metrics',
      '/ops/v1/metrics.json',
      'http://127.0.0.1/ops/v1/metrics',
      '/ops/metrics',
      '/metrics',
    ];
    expect(await statuses(app, targets)).toEqual([200, 200, 200, 404, 404]);
    expect(await statuses(app, targets.slice(0, 3), { from: '127.0.0.2' })).toEqual([403, 403, 403]);
  });

  test.each([
    ['/metrics', '/metrics', 'app.use(metricsRouter(…))'],
    ['/metrics', '/metrics/', 'app.use(metricsRouter(…))'],
    ['/metrics', '/metrics?name[]=a', 'app.use(metricsRouter(…))'],
    ['/metrics.json', '/metrics.json', 'app.use(metricsRouter(…))'],
    ['/metrics.html', '/metrics.html', 'app.use(metricsRouter(…))'],
    ['/internal/metrics', '/internal/metrics', 'app.use("/internal", metricsRouter(…))'],
  ])(
    'mounted at %s by mistake, it warns once about the 404 at %s, with the line to write',
    async (mount, target, line) => {
      const app = express().use(mount, routerNamed('a'));
      expect(await statuses(app, [target, target, `${mount}/metrics`])).toEqual([404, 404, 200]);
      expect(process.emitWarning).toHaveBeenCalledTimes(1);
      expect(process.emitWarning).toHaveBeenCalledWith(
        `metricsRouter: expected a mount path without "/metrics", which the router adds, got "${mount}"; write ${line}`,
        'MetricsMountWarning',
      );
    },
  );

  test('only a mount at its own path is taken for a mistake', async () => {
    const app = express().use('/stats', routerNamed('a', { path: '/stats' }));
    expect(await statuses(app, ['/stats', '/stats/stats'])).toEqual([404, 200]);
    expect(process.emitWarning).toHaveBeenCalledWith(expect.stringContaining('"/stats"'), 'MetricsMountWarning');
  });

  test.each([
    ['no mount', '/', '/'],
    ['another place', '/ops', '/ops'],
    ['a path below the place', '/metrics', '/metrics/other'],
    ['a path that only ends alike', '/other', '/other/metrics/'],
  ])('it does not warn about a 404 at %s', async (_case, mount, target) => {
    const app = express().use(mount, routerNamed('a'));
    expect(await statuses(app, [target])).toEqual([404]);
    expect(process.emitWarning).not.toHaveBeenCalled();
  });

  test('client input in the path of a mistaken mount is escaped and cut in the warning', async () => {
    const app = express().use('/:tenant/metrics', routerNamed('a'));
    expect(await statuses(app, [`/${'"x'.repeat(300)}/metrics`])).toEqual([404]);
    const [[message]] = jest.mocked(process.emitWarning).mock.calls as unknown as [[string]];
    expect(message.length).toBeLessThan(600);
    expect(message).toContain('\\"x');
  });

  test('OPTIONS at a mistaken mount gets the same response as without the router', async () => {
    const app = express().use('/metrics', routerNamed('a'));
    const { status, head } = await ask(app, { method: 'OPTIONS', target: '/metrics' });
    expect([status, head.some((line) => /^allow:/i.test(line))]).toEqual([404, false]);
  });

  test('below a prefix, onDecision gets the requested path', async () => {
    const onDecision = jest.fn();
    await ask(express().use('/ops', routerNamed('a', { onDecision })), { target: '/ops/metrics?a' });
    expect(onDecision).toHaveBeenCalledWith(expect.objectContaining({ path: '/ops/metrics' }));
  });

  test.each([
    [{ 'trust proxy': true }],
    [{ 'trust proxy': 'loopback', 'strict routing': false }],
    [{ 'case sensitive routing': true, 'strict routing': true }],
    [{ 'query parser': false }],
    [{ 'query parser': 'extended', etag: 'strong', 'json spaces': 2, 'x-powered-by': false }],
  ])('settings of the app have no effect: %j', async (settings) => {
    const app = express().use(routerNamed('a'));
    for (const [name, value] of Object.entries(settings)) app.set(name, value);
    const server = await listen(app);
    const status = async (parts: RequestParts, ends?: ConnectionOptions) =>
      (await send(server, requestText(parts), ends)).status;

    expect(await status({})).toBe(200);
    expect(await status({ target: '/METRICS.JSON' })).toBe(404);
    expect(await status({ target: '/metrics.json/' })).toBe(404);
    expect(await status({ target: '/metrics.json?name[]=' })).toBe(400);
    const spoofed = { headers: ['X-Forwarded-For: 127.0.0.1', 'X-Forwarded-Host: localhost'] };
    expect(await status(spoofed, { from: '127.0.0.2' })).toBe(403);
    expect(await status(spoofed)).toBe(403);
    expect((await send(server, requestText({ target: '/metrics.json?name[]=b' }))).body).toBe('{}\n');
  });

  test('several routers have separate lists', async () => {
    const app = express()
      .use('/a', routerNamed('a'))
      .use('/b', routerNamed('b', { trustedHosts: ['127.0.0.2'] }));
    const targets = ['/a/metrics', '/b/metrics'];
    expect(await statuses(app, targets, { from: '127.0.0.1' })).toEqual([200, 403]);
    expect(await statuses(app, targets, { from: '127.0.0.2' })).toEqual([403, 200]);
  });

  describe('hideFromUntrusted', () => {
    const withOwn404 = (router: ReturnType<typeof routerNamed>) =>
      express()
        .use(router)
        .use((req, res) => void res.status(404).set('X-App', 'yes').send(`the app has no ${req.method} here`));

    test.each<[string, RequestParts, ConnectionOptions]>([
      ['a stranger', {}, { from: '127.0.0.2' }],
      ['a stranger by OPTIONS', { method: 'OPTIONS' }, { from: '127.0.0.2' }],
      ['a stranger by POST', { method: 'POST', headers: ['Content-Length: 2'], body: '{}' }, { from: '127.0.0.2' }],
      ['a stranger with credentials', { headers: ['Authorization: x'] }, { from: '127.0.0.2' }],
      ['an unlisted proxy', { headers: ['Via: 1.1 a'] }, {}],
      ['a request at the header limit', { headers: new Array(49).fill('a: b') }, {}],
      ["a stranger's request at the header limit", { headers: new Array(49).fill('a: b') }, { from: '127.0.0.2' }],
    ])("%s gets the app's own 404, as for any other path", async (_case, parts, ends) => {
      const server = await listen(withOwn404(routerNamed('a', { hideFromUntrusted: true })));
      server.maxHeadersCount = 50;
      const answerTo = async (target: string) => {
        const { head, body } = await send(server, requestText({ ...parts, target }), ends);
        return { head: head.filter((line) => !line.startsWith('Date:')), body };
      };
      const elsewhere = await answerTo('/nowhere');
      expect(elsewhere.body).toMatch(/^the app has no /);
      expect(await answerTo('/metrics.json')).toEqual(elsewhere);
      expect(await answerTo('/metrics')).toEqual(elsewhere);
    });

    test('hides nothing from trusted clients', async () => {
      const server = await listen(withOwn404(routerNamed('a', { hideFromUntrusted: true })));
      expect((await send(server, requestText())).status).toBe(200);
      expect((await send(server, requestText({ headers: ['Authorization:'] }))).status).toBe(403);
      expect((await send(server, requestText({ method: 'POST' }))).status).toBe(405);
    });

    test("lets another router's list decide about the same path", async () => {
      const first = routerNamed('first', { hideFromUntrusted: true });
      const second = routerNamed('second', { trustedHosts: ['127.0.0.2'] });
      const server = await listen(express().use(first, second));
      expect((await send(server, requestText(), { from: '127.0.0.1' })).body).toContain('"first"');
      expect((await send(server, requestText(), { from: '127.0.0.2' })).body).toContain('"second"');
      expect((await send(server, requestText(), { from: '127.0.0.3' })).status).toBe(403);
    });
  });
});

describe('router.setTrustedHosts()', () => {
  const CLIENTS = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];

  async function trusting(options: Partial<MetricsRouterOptions>) {
    const { router, server } = await serveMetrics(options);
    const whoIsIn = async () => {
      const answers = CLIENTS.map(
        async (from) => [from, (await send(server, requestText(), { from })).status] as const,
      );
      return (await Promise.all(answers)).flatMap(([from, status]) => (status === 200 ? [from] : []));
    };
    return { router, whoIsIn };
  }

  test('replaces the list, even the default one', async () => {
    const { router, whoIsIn } = await trusting({});
    expect(await whoIsIn()).toEqual(['127.0.0.1']);
    router.setTrustedHosts(['127.0.0.2', '127.0.0.3']);
    expect(await whoIsIn()).toEqual(['127.0.0.2', '127.0.0.3']);
    router.setTrustedHosts([]);
    expect(await whoIsIn()).toEqual([]);
  });

  test.each<[string, unknown, string]>([
    [
      'with one bad entry',
      ['127.0.0.1', '10/8', '127.0.0.3'],
      'metricsRouter: trustedHosts[1]: expected a network, got "10/8"; write "10.0.0.0/8"',
    ],
    ['that covers every address', ['127.0.0.1', '0.0.0.0/0'], 'trustedHosts[1]: expected less than every IPv4 address'],
    ['that is none', '127.0.0.1', 'metricsRouter: trustedHosts: expected a list of networks, got "127.0.0.1"'],
    ['that is missing', undefined, 'metricsRouter: trustedHosts: expected a list of networks, got undefined'],
  ])('refuses an invalid list, and keeps the old one: %s', async (_case, list, message) => {
    const { router, whoIsIn } = await trusting({ trustedHosts: ['127.0.0.2'] });
    expect(() => router.setTrustedHosts(list as string[])).toThrow(TypeError);
    expect(() => router.setTrustedHosts(list as string[])).toThrow(message);
    expect(await whoIsIn()).toEqual(['127.0.0.2']);
  });

  test('lets in every client only with allowAnyAddress', async () => {
    const { router, whoIsIn } = await trusting({ allowAnyAddress: true });
    router.setTrustedHosts(['0.0.0.0/0']);
    expect(await whoIsIn()).toEqual(CLIENTS);
  });

  test('ignores later changes of the array', async () => {
    const list = ['127.0.0.2'];
    const { router, whoIsIn } = await trusting({ trustedHosts: list });
    list.push('127.0.0.1');
    expect(await whoIsIn()).toEqual(['127.0.0.2']);
    router.setTrustedHosts(list);
    list.length = 0;
    expect(await whoIsIn()).toEqual(['127.0.0.1', '127.0.0.2']);
  });
});
