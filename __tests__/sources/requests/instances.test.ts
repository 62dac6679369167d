import type { Router } from 'express';
import { type RequestMetrics, requestMetrics } from '../../../lib/sources/requests.ts';
import { EXPRESS_VERSIONS, type ExpressVersion, loadExpress } from '../../support/express-versions.ts';
import { measuredServer, routesOf } from '../../support/measured.ts';
import { closeServers } from '../../support/serve.ts';

afterEach(closeServers);

const ok = (_req: unknown, res: { end(): void }) => res.end();

const addOrders = (router: Pick<Router, 'use'>, { Router }: ExpressVersion['express']) =>
  router.use('/tenants/:tenant', Router().get('/orders/:id', ok));

/** The package, as a module that is loaded again gets it. */
function loadAgain(): typeof requestMetrics {
  let loaded: typeof requestMetrics | undefined;
  jest.isolateModules(() => {
    loaded = require('../../../lib/sources/requests.ts').requestMetrics;
  });
  return loaded!;
}

describe.each(EXPRESS_VERSIONS)('with %s', (version) => {
  test('two copies of the package measure one app, as an ES module and a CommonJS module would', async () => {
    const { express } = loadExpress(version);
    const copies = [loadAgain(), loadAgain()];
    expect(copies[0]).not.toBe(copies[1]);
    const [one, other] = copies.map((create) => create()) as [RequestMetrics, RequestMetrics];
    const app = express();
    app.use(one, other);
    addOrders(app, express);
    const service = await measuredServer(app, one);
    for (const path of ['/tenants/a/orders/1', '/tenants/b/orders/2', '/nothing']) await service.send(path);
    for (const requests of [one, other]) {
      expect(await routesOf(requests)).toEqual(['GET /tenants/:tenant/orders/:id 200 ×2', 'GET unmatched 404']);
    }
  });

  test('a copy of another version, which shares something else, is left alone', async () => {
    const ofThis = /^express-metrics-json:traces:(\d+)$/;
    const { express } = loadExpress(version);
    const requests = loadAgain()();
    const [key] = Object.getOwnPropertySymbols(globalThis).filter(({ description = '' }) => ofThis.test(description));
    const protocol = Number(ofThis.exec(key?.description ?? '')?.[1]);
    const other = Symbol.for(`express-metrics-json:traces:${protocol + 1}`);
    const shared = Object.freeze({});
    Object.assign(globalThis, { [other]: shared });
    const app = express();
    app.use(requests, loadAgain()());
    addOrders(app, express);
    const service = await measuredServer(app, requests);
    await service.send('/tenants/a/orders/1');
    expect(await service.routes()).toEqual(['GET /tenants/:tenant/orders/:id 200']);
    expect((globalThis as { [other]?: unknown })[other]).toBe(shared);
    Reflect.deleteProperty(globalThis, other);
  });

  test('an app that is loaded again with the package is measured from its first request', async () => {
    const { express } = loadExpress(version);
    for (let load = 0; load < 3; load++) {
      const requests = loadAgain()();
      const app = express();
      app.use(requests);
      addOrders(app, express);
      const service = await measuredServer(app, requests);
      await service.send('/tenants/a/orders/1');
      expect(await service.routes()).toEqual(['GET /tenants/:tenant/orders/:id 200']);
    }
  });

  test('an app that is loaded again while the instance is kept goes on with the same series', async () => {
    const requests = requestMetrics();
    for (let load = 1; load <= 3; load++) {
      const { express } = loadExpress(version);
      const app = express();
      app.use(requests);
      addOrders(app, express);
      const service = await measuredServer(app, requests);
      for (const path of ['/tenants/a/orders/1', '/tenants/b/orders/2']) await service.send(path);
      expect(await service.routes()).toEqual([`GET /tenants/:tenant/orders/:id 200 ×${2 * load}`]);
    }
  });

  test('an instance in a route of a mounted router counts the first request with the prefix, too', async () => {
    const { express } = loadExpress(version);
    const requests = requestMetrics();
    const app = express();
    const router = express.Router().get('/other', ok).get('/orders/:id', requests, ok);
    app.use('/tenants/:tenant', express.Router().use('/shop', router));
    const service = await measuredServer(app, requests);
    for (const n of [1, 2, 3]) await service.send(`/tenants/a/shop/orders/${n}`);
    expect(await service.routes()).toEqual(['GET /tenants/:tenant/shop/orders/:id 200 ×3']);
  });

  test('a router without an app has the prefixes of its mounts, but for the requests before its first route', async () => {
    const { express } = loadExpress(version);
    const requests = requestMetrics();
    const router = express.Router();
    router.use(requests);
    router.get('/users/:id', ok);
    addOrders(router, express);
    const service = await measuredServer((req, res) => router(req as never, res as never, () => res.end()), requests);
    for (const n of [1, 2, 3]) await service.send(`/tenants/a/orders/${n}`);
    await service.send('/users/7');
    expect(await service.routes()).toEqual([
      'GET unmatched 200',
      'GET /tenants/:tenant/orders/:id 200 ×2',
      'GET /users/:id 200',
    ]);
  });
});

test('one instance measures apps of both versions of Express, and requests to them in turns', async () => {
  const requests = requestMetrics();
  const apps = EXPRESS_VERSIONS.map((version) => {
    const { express } = loadExpress(version);
    const app = express();
    app.use(requests);
    addOrders(app, express);
    return app;
  });
  const services = await Promise.all(apps.map((app) => measuredServer(app, requests)));
  for (let n = 0; n < 6; n++) await services[n % 2]?.send(`/tenants/${n}/orders/7`);
  expect(await routesOf(requests)).toEqual(['GET /tenants/:tenant/orders/:id 200 ×6']);
});

test.each([
  ['express', 'express-4'],
  ['express-4', 'express'],
] as const)('an app of %s measures routers of a sub-app of %s', async (outer, inner) => {
  const requests = requestMetrics();
  const [{ express: outerExpress }, { express: innerExpress }] = [loadExpress(outer), loadExpress(inner)];
  const [app, sub] = [outerExpress(), innerExpress()];
  app.use(requests);
  addOrders(sub, innerExpress);
  app.use('/shop', sub);
  const service = await measuredServer(app, requests);
  // Before its first route was called, the version of the sub-app is not known.
  await service.send('/shop/tenants/a/orders/0');
  for (const n of [1, 2]) await service.send(`/shop/tenants/a/orders/${n}`);
  expect(await service.routes()).toEqual(['GET unmatched 200', 'GET /shop/tenants/:tenant/orders/:id 200 ×2']);
});
