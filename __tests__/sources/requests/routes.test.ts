import { requestMetrics } from '../../../lib/sources/requests.ts';
import { ENDING_CASES } from '../../support/ending-cases.ts';
import { EXPRESS_VERSIONS, loadExpress } from '../../support/express-versions.ts';
import { type Build, measuredServer, measuredService } from '../../support/measured.ts';
import { pass, ROUTE_CASES, type RouteCase } from '../../support/route-cases.ts';
import { sendCase, TIMES } from '../../support/send-case.ts';
import { closeServers } from '../../support/serve.ts';

afterEach(closeServers);

const answerAndPass = (_req: unknown, res: import('express').Response, next: () => void) => {
  res.json({});
  next();
};

/** Handlers that answer, and call `next()` nevertheless. The page of other packages does not compare these. */
const PASSING_CASES: readonly RouteCase[] = [
  [
    'a route that answers and passes on to middleware at a path',
    (app) => void app.get('/users/:id', answerAndPass).use('/users', () => undefined),
    'GET /users/{n}',
    'GET /users/:id 200',
  ],
  [
    'a route that answers and passes on to a route for every path',
    (app) => void app.get('/users/:id', answerAndPass).all(/.*/, () => undefined),
    'GET /users/{n}',
    'GET /users/:id 200',
  ],
  [
    'a route that passes on, before one that answers and passes on',
    (app) =>
      void app
        .all(/.*/, pass)
        .get('/users/:id', answerAndPass)
        .use('/users', () => undefined),
    'GET /users/{n}',
    'GET /users/:id 200',
  ],
];

describe.each(EXPRESS_VERSIONS)('with %s', (version) => {
  beforeEach(() => jest.spyOn(console, 'error').mockImplementation(() => undefined));
  afterEach(() => jest.restoreAllMocks());

  test.each([...ROUTE_CASES, ...ENDING_CASES, ...PASSING_CASES].map((it) => [it[0], it] as const))(
    '%s',
    async (_what, one) => {
      const [, build, , series] = one;
      const service = await measuredService(version, build);
      await sendCase(service.server, one);
      // One series counts all, the first request too.
      expect(await service.routes()).toEqual([`${series} ×${TIMES}`]);
    },
  );

  test.each<[what: string, build: Build, path: string, series: string[]]>([
    ['a mount', (app, { Router }) => app.use('/api/:v', Router()), '/api/1/x', ['GET unmatched 200']],
    [
      'a mount in a mount',
      (app, { Router }) => app.use('/a', Router().use('/:b', pass)),
      '/a/b',
      ['GET unmatched 200'],
    ],
    ['a mount after a route', (app) => app.all(/.*/, pass).use('/a', pass), '/a', ['GET /.*/ 200']],
  ])('what answers instead of Express, after %s that does not, is not in it', async (_what, build, path, series) => {
    const { express } = loadExpress(version);
    const requests = requestMetrics();
    const app = express();
    app.use(requests);
    build(app, express);
    const service = await measuredServer((req, res) => app(req as never, res as never, () => res.end()), requests);
    await service.send(path);
    expect(await service.routes()).toEqual(series);
  });

  test('middleware at a path answers instead of the router that it calls', async () => {
    const service = await measuredService(version, (app, { Router }) => {
      const router = Router().use('/:id', pass);
      app.use('/users', (req, res) => router(req, res, () => res.end()));
    });
    await service.send('/users/7');
    expect(await service.routes()).toEqual(['GET /users 200']);
  });
});
