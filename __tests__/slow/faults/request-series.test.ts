import { once } from 'node:events';
import { METHODS } from 'node:http';
import { connect } from 'node:net';
import { type RequestMetricsOptions, requestMetrics } from '../../../lib/sources/requests.ts';
import { portOf } from '../../support/clients.ts';
import { EXPRESS_VERSIONS, loadExpress } from '../../support/express-versions.ts';
import { type Build, routesOf } from '../../support/measured.ts';
import { MIB, memoryInUse } from '../../support/released.ts';
import { ok, pass } from '../../support/route-cases.ts';

const REQUESTS = 100_000;
const BATCH = 500;

/** Node's parser refuses all others; CONNECT is no request to an app. */
const SENT_METHODS = METHODS.filter((method) => method !== 'CONNECT');
/** Those that have a label value of their own, and `_OTHER`. */
const COUNTED_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PATCH', '_OTHER'];

/** Routes of different kinds, and middleware at a path with a parameter. */
const build: Build = (app, { Router }) => {
  app.use('/t/:tenant', pass);
  app.all('/users/:id', ok);
  app.use('/t/:tenant/shops/:shop', Router().all('/orders/:id', ok));
  app.all(/^\/files\/.+/, ok);
  app.use('/assets', ok);
  app.all('/', ok);
  // Express' own answer would add listeners to the connection of pipelined requests.
  app.use((_req, res) => void res.status(404).end());
};
const COUNTED_ROUTES = [
  '/users/:id 200',
  '/t/:tenant/shops/:shop/orders/:id 200',
  '/^\\/files\\/.+/ 200',
  '/assets 200',
  '/ 200',
  'unmatched 404',
];

/** Paths of all routes and of none, with a number that no other request has. */
const PATHS = [
  (n: number) => `/users/${n}`,
  (n: number) => `/t/${n}/shops/${n}/orders/${n}`,
  (n: number) => `/files/${n}/%2e%2e/${n}`,
  (n: number) => `/assets/${n}`,
  (n: number) => `/?q=${n}`,
  (n: number) => `/${n}.php`,
  (n: number) => `/t/${n}/wp-admin`,
];

/** A request that differs from all others in its path and in every header. */
function requestText(n: number): string {
  const trace = n.toString(16).padStart(16, '1');
  const headers = [
    `Host: host-${n}`,
    `User-Agent: agent-${n}`,
    `X-HTTP-Method-Override: METHOD${n}`,
    `X-Header-${n}: ${n}`,
    `traceparent: 00-${trace}${trace}-${trace}-01`,
  ];
  // Each path with each method, one after the other.
  const method = SENT_METHODS[Math.floor(n / PATHS.length) % SENT_METHODS.length];
  return `${method} ${PATHS[n % PATHS.length]!(n)} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`;
}

/** An instance that measures an app of each version of Express, which get the batches of requests in turns. */
async function serve(options: RequestMetricsOptions = {}) {
  const requests = requestMetrics(options);
  const ports = await Promise.all(
    EXPRESS_VERSIONS.map((version) => {
      const { express } = loadExpress(version);
      const app = express();
      app.use(requests);
      build(app, express);
      return portOf(app);
    }),
  );
  return {
    routes: () => routesOf(requests),
    async send(from: number, to: number): Promise<void> {
      for (let start = from; start < to; start += BATCH) {
        const texts = Array.from({ length: BATCH }, (_, i) => requestText(start + i));
        const socket = connect(ports[(start / BATCH) % ports.length]!, '127.0.0.1').resume();
        socket.end(`${texts.join('')}GET / HTTP/1.0\r\n\r\n`);
        await once(socket, 'close');
      }
    },
  };
}

const requestsIn = (series: readonly string[]) =>
  series.reduce((sum, text) => sum + Number(/ ×(\d+)$/.exec(text)?.[1] ?? 1), 0);

test('100,000 different paths, methods and headers create a series for each method and route, and take no memory', async () => {
  const service = await serve({ sizes: true });
  await service.send(0, REQUESTS / 10);
  const before = await memoryInUse();
  await service.send(REQUESTS / 10, REQUESTS);
  const grown = (await memoryInUse()) - before;
  const series = await service.routes();
  const promised = COUNTED_METHODS.flatMap((method) => COUNTED_ROUTES.map((route) => `${method} ${route}`));
  expect(series.map((text) => text.replace(/ ×\d+$/, '')).sort()).toEqual(promised.sort());
  expect(requestsIn(series)).toBe(REQUESTS + REQUESTS / BATCH);
  // An id of 8 bytes for each request would be 0.7 MiB, and a label value more.
  expect(grown).toBeLessThan(MIB);
});

test('options that return what clients send create no more than maxRoutes routes and maxLabelSets series', async () => {
  const route: RequestMetricsOptions['route'] = ({ url }) => url;
  const byRoute = await serve({ route });
  const byLabel = await serve({ route, extraLabels: { agent: ({ headers }) => headers['user-agent'] ?? '' } });
  for (const service of [byRoute, byLabel]) await service.send(0, REQUESTS / 10);
  const before = await memoryInUse();
  for (const service of [byRoute, byLabel]) await service.send(REQUESTS / 10, (REQUESTS / 10) * 2);
  const grown = (await memoryInUse()) - before;
  const [routes, labels] = [await byRoute.routes(), await byLabel.routes()];
  expect(new Set(routes.map((text) => text.split(' ')[1])).size).toBe(201);
  expect(labels).toHaveLength(1_001);
  expect(grown).toBeLessThan(MIB);
});
