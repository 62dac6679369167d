import { channel } from 'node:diagnostics_channel';
import { setImmediate as turn } from 'node:timers/promises';
import { requestMetrics } from '../../../lib/sources/requests.ts';
import { EXPRESS_VERSIONS } from '../../support/express-versions.ts';
import { measuredServer, measuredService } from '../../support/measured.ts';
import { closeServers, watchWarnings } from '../../support/serve.ts';

// What other code does to requests and responses must cost neither the process nor a count.

let warnings: jest.SpyInstance;
beforeEach(() => {
  warnings = watchWarnings();
});
afterEach(closeServers);
afterEach(() => jest.restoreAllMocks());

const broken = () => {
  throw new Error('broken');
};

/** A server without Express, whose requests and responses other code changes before they are answered. */
async function changedService(change: (req: object, res: object) => void, options = {}) {
  const requests = requestMetrics(options);
  return measuredServer((req, res) => {
    requests(req, res, () => {
      change(req, res);
      res.end();
    });
  }, requests);
}

const reports = () => warnings.mock.calls.map(([message]) => message);

test.each([[null], ['/text'], [7], [{}], [{ path: undefined }], [{ path: null }], [{ path: 7 }]])(
  'a route %j that other code has set is none',
  async (route) => {
    const service = await changedService((req) => Object.assign(req, { route }));
    for (let n = 0; n < 3; n++) await service.send('/a');
    expect(await service.routes()).toEqual(['GET unmatched 200 ×3']);
    expect(reports()).toEqual([]);
  },
);

test.each(EXPRESS_VERSIONS)('with %s, a route that other code removes is counted', async (version) => {
  const service = await measuredService(version, (app) =>
    app.get('/users/:id', (req, res) => {
      req.route = null;
      res.end();
    }),
  );
  for (let n = 0; n < 3; n++) await service.send(`/users/${n}`);
  expect(await service.routes()).toEqual(['GET /users/:id 200 ×3']);
  expect(reports()).toEqual([]);
});

test('a request whose route cannot be read is counted, and reported once', async () => {
  const service = await changedService((req) => Object.defineProperty(req, 'route', { get: broken }));
  for (let n = 0; n < 3; n++) await service.send('/a');
  expect(await service.routes()).toEqual(['GET unmatched 200 ×3']);
  expect(reports()).toEqual(['requestMetrics: detecting the route threw Error: broken (reported once)']);
});

test('a response whose size cannot be read is no longer in flight, and reported once', async () => {
  const service = await changedService((_req, res) => Object.assign(res, { getHeader: broken }), { sizes: true });
  for (let n = 0; n < 3; n++) await service.send('/a');
  expect(await service.routes()).toEqual([]);
  expect(reports()).toEqual(['requestMetrics: counting a request threw Error: broken (reported once)']);
});

test.each(EXPRESS_VERSIONS)('with %s, a request whose path cannot be read reaches its route', async (version) => {
  const service = await measuredService(version, (app) => {
    app.use((req, _res, next) => {
      Object.defineProperty(req, 'baseUrl', { get: broken, set: () => undefined });
      next();
    });
    app.use('/users', (_req, res) => void res.end());
  });
  for (let n = 0; n < 3; n++) await service.send('/users/7');
  expect(await service.routes()).toEqual(['GET unmatched 200 ×3']);
});

test('a message that cannot be traced is reported', async () => {
  requestMetrics();
  const socket = Object.freeze({ once: () => undefined });
  channel('http.server.request.start').publish({ request: {}, response: {}, socket });
  await turn();
  expect(reports()).toEqual([
    expect.stringMatching(/^requestMetrics: tracing a request threw TypeError: .*extensible/),
  ]);
});
