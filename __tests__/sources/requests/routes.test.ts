import { EXPRESS_VERSIONS } from '../../support/express-versions.ts';
import { type Build, measuredService } from '../../support/measured.ts';
import { closeServers } from '../../support/serve.ts';

afterEach(closeServers);

/** What is mounted, the request, and the series that counts it. */
type Case = [what: string, build: Build, request: string, series: string];

const ok = (_req: unknown, res: { end(): void }) => res.end();
const pass = (_req: unknown, _res: unknown, next: () => void) => next();
const fail = (_req: unknown, _res: unknown, next: (error: Error) => void) => next(new Error('expected by this test'));

/** A router with these routes, mounted at a path. */
const mounted =
  (at: string | RegExp | (string | RegExp)[], ...paths: (string | RegExp)[]): Build =>
  (app, { Router }) => {
    const router = Router();
    for (const path of paths) router.get(path, ok);
    app.use(at, router);
  };

const cases: Case[] = [
  ['a route', (app) => app.get('/users', ok), 'GET /users', 'GET /users 200'],
  ['the root', (app) => app.get('/', ok), 'GET /', 'GET / 200'],
  ['a parameter', (app) => app.get('/users/:id', ok), 'GET /users/7', 'GET /users/:id 200'],
  ['a query', (app) => app.get('/users/:id', ok), 'GET /users/7?a=/x/:y', 'GET /users/:id 200'],
  ['a trailing slash of the request', (app) => app.get('/users', ok), 'GET /users/', 'GET /users 200'],
  ['a trailing slash of the route', (app) => app.get('/users/', ok), 'GET /users', 'GET /users 200'],
  ['another case', (app) => app.get('/Users/:id', ok), 'GET /uSERS/7', 'GET /Users/:id 200'],
  ['percent-encoding', (app) => app.get('/users/:id', ok), 'GET /users/a%2Fb%20c', 'GET /users/:id 200'],
  ['two parameters in a segment', (app) => app.get('/:from-:to', ok), 'GET /a-b', 'GET /:from-:to 200'],
  ['a route for all methods', (app) => app.all('/all', ok), 'DELETE /all', 'DELETE /all 200'],
  ['route()', (app) => app.route('/chain/:id').post(ok), 'POST /chain/1', 'POST /chain/:id 200'],
  ['HEAD, answered by a route of GET', (app) => app.get('/users/:id', ok), 'HEAD /users/7', 'HEAD /users/:id 200'],
  ['OPTIONS, answered by Express', (app) => app.get('/users', ok), 'OPTIONS /users', 'OPTIONS unmatched 200'],
  ['a method that is not standard', (app) => app.all('/dav', ok), 'PROPFIND /dav', '_OTHER /dav 200'],
  ['a regular expression', (app) => app.get(/^\/ab+c$/, ok), 'GET /abbbc', 'GET /^\\/ab+c$/ 200'],
  ['a list of paths, by its first', (app) => app.get(['/a', '/b/:id'], ok), 'GET /a', 'GET /a 200'],
  ['a list of paths, by its last', (app) => app.get(['/a', '/b/:id'], ok), 'GET /b/7', 'GET /b/:id 200'],
  ['a list with a regular expression', (app) => app.get(['/a', /^\/x\d$/], ok), 'GET /x1', 'GET /^\\/x\\d$/ 200'],

  ['a router', mounted('/users', '/:id'), 'GET /users/7', 'GET /users/:id 200'],
  ['a router, its root', mounted('/users', '/'), 'GET /users', 'GET /users 200'],
  ['a router, its root with a slash', mounted('/users', '/'), 'GET /users/', 'GET /users 200'],
  ['a router at the root', mounted('/', '/a'), 'GET /a', 'GET /a 200'],
  ['a router at a path with a slash', mounted('/users/', '/:id'), 'GET /users/7', 'GET /users/:id 200'],
  ['a router in another case', mounted('/Users', '/:id'), 'GET /USERS/7', 'GET /Users/:id 200'],
  ['a router at a parameter', mounted('/t/:tenant', '/o/:id'), 'GET /t/acme/o/7', 'GET /t/:tenant/o/:id 200'],
  ['a parameter equal to the literal before it', mounted('/t/:x', '/o/:id'), 'GET /t/t/o/7', 'GET /t/:x/o/:id 200'],
  ['a parameter equal to the literal after it', mounted('/:x/t', '/o/:id'), 'GET /t/t/o/7', 'GET /:x/t/o/:id 200'],
  ['equal parameters', mounted('/:a/:b', '/:c'), 'GET /1/1/1', 'GET /:a/:b/:c 200'],
  ['an encoded parameter of a mount', mounted('/t/:x', '/o'), 'GET /t/a%2Fb%C3%A9/o', 'GET /t/:x/o 200'],
  ['a parameter within a segment', mounted('/t-:x', '/o'), 'GET /t-7/o', 'GET /t-:x/o 200'],
  ['a router at a regular expression', mounted(/^\/re\d+/, '/o'), 'GET /re77/o', 'GET /^\\/re\\d+//o 200'],
  ['a router at a list, by its first', mounted(['/a', '/b/:x'], '/o'), 'GET /a/o', 'GET /a/o 200'],
  ['a router at a list, by its last', mounted(['/a', '/b/:x'], '/o'), 'GET /b/7/o', 'GET /b/:x/o 200'],
  ['a regular expression in a router', mounted('/a', /^\/\d+$/), 'GET /a/77', 'GET /a/^\\/\\d+$/ 200'],

  [
    'two levels of parameters, with mergeParams',
    (app, { Router }) => {
      const [outer, inner] = [Router({ mergeParams: true }), Router({ mergeParams: true })];
      inner.get('/:c', (req, res) => res.json(req.params));
      outer.use('/b/:b', pass, inner);
      app.use('/a/:a', outer);
    },
    'GET /a/1/b/1/1',
    'GET /a/:a/b/:b/:c 200',
  ],
  [
    'routers with equal names of parameters',
    (app, { Router }) => {
      const [outer, inner] = [Router(), Router()];
      inner.get('/:id', ok);
      outer.use('/:id', inner);
      app.use('/:id', outer);
    },
    'GET /x/x/x',
    'GET /:id/:id/:id 200',
  ],
  [
    'a sub-app',
    (app, express) => {
      const sub = express();
      sub.get('/o/:id', ok);
      app.use('/t/:tenant', sub);
    },
    'GET /t/acme/o/7',
    'GET /t/:tenant/o/:id 200',
  ],
  [
    'a sub-app of a sub-app, with an error that the app answers',
    (app, express) => {
      const [sub, inner] = [express(), express()];
      inner.get('/:c', fail);
      sub.use('/:b', inner);
      app.use('/:a', sub);
      app.use(answerError);
    },
    'GET /1/2/3',
    'GET /:a/:b/:c 500',
  ],
  [
    'a route after a router that does not answer',
    (app, { Router }) => {
      app.use('/:kind', Router().get('/nothing', ok), pass);
      app.use('/users', Router().use('/:x', pass));
      app.get('/users/:id', ok);
    },
    'GET /users/7',
    'GET /users/:id 200',
  ],
  [
    'a router after another one at the same path',
    (app, { Router }) => {
      app.use('/users', pass);
      app.use('/:kind', Router().get('/:id', ok));
    },
    'GET /users/7',
    'GET /:kind/:id 200',
  ],
  [
    'a router that middleware calls',
    (app, { Router }) => {
      const router = Router().get('/:id', ok);
      app.use('/users', (req, res, next) => setImmediate(() => router(req, res, next)));
    },
    'GET /users/7',
    'GET /users/:id 200',
  ],
  [
    'one router at two paths',
    (app, { Router }) => {
      const router = Router().get('/:id', ok);
      app.use('/a', router);
      app.use('/:b/c', router);
    },
    'GET /x/c/7',
    'GET /:b/c/:id 200',
  ],
  [
    "next('route')",
    (app) => {
      app.get('/users/:id', (_req, _res, next) => next('route'));
      app.get('/:kind/:id', ok);
    },
    'GET /users/7',
    'GET /:kind/:id 200',
  ],
  [
    "next('router')",
    (app, { Router }) => {
      app.use(
        '/users',
        Router().use((_req, _res, next) => next('router')),
      );
      app.get('/users/:id', ok);
    },
    'GET /users/7',
    'GET /users/:id 200',
  ],
  [
    'router.param',
    (app, { Router }) => {
      const router = Router();
      router.param('id', (req, _res, next, id) =>
        setImmediate(() => next(void Object.assign(req.params, { id: `${id}!` }))),
      );
      router.get('/:id', ok);
      app.use('/:id', router);
    },
    'GET /a/b',
    'GET /:id/:id 200',
  ],
  [
    'an error of router.param',
    (app, { Router }) => {
      const router = Router();
      router.param('id', (_req, _res, next) => next(new Error('expected by this test')));
      app.use('/users', router.get('/:id', ok));
      app.use(answerError);
    },
    'GET /users/7',
    'GET /users/:id 500',
  ],
  ['an error', (app) => void app.get('/users/:id', fail).use(answerError), 'GET /users/7', 'GET /users/:id 500'],
  ['an error that Express answers', (app) => app.get('/users/:id', fail), 'GET /users/7', 'GET /users/:id 500'],
  [
    'an error in a router',
    (app, { Router }) => {
      app.use('/users', Router().get('/:id', fail));
      app.use('/orders', Router().get('/:id', ok));
      app.use(answerError);
    },
    'GET /users/7',
    'GET /users/:id 500',
  ],
  [
    'an error of middleware at a path',
    (app, { Router }) => {
      app.use('/t/:tenant', fail, Router().get('/o', ok));
      app.use(answerError);
    },
    'GET /t/acme/o',
    'GET /t/:tenant 500',
  ],
  ['an error of middleware', (app) => void app.use(fail, answerError), 'GET /a', 'GET unmatched 500'],
  ['a malformed parameter', (app) => app.get('/users/:id', ok), 'GET /users/%ff', 'GET unmatched 400'],

  [
    'middleware at a path that answers',
    (app) => app.use('/files/:owner', ok),
    'GET /files/a/b/c',
    'GET /files/:owner 200',
  ],
  ['middleware that answers', (app) => app.use(ok), 'GET /a', 'GET unmatched 200'],
  [
    'middleware that answers after some at a path',
    (app) => void app.use('/a', pass).use(ok),
    'GET /a',
    'GET unmatched 200',
  ],
  [
    'middleware of a router that answers',
    (app, { Router }) => app.use('/t/:tenant', Router().use('/x', pass).use(ok)),
    'GET /t/acme/x',
    'GET /t/:tenant 200',
  ],
  [
    'middleware at a path that answers, after a route that does not',
    (app) => void app.all(/.*/, pass).use('/graphql', ok),
    'POST /graphql',
    'POST /graphql 200',
  ],
  ['no route', (app) => app.get('/users', ok), 'GET /admin.php', 'GET unmatched 404'],
  ['no route in a router', mounted('/t/:tenant', '/o'), 'GET /t/acme/admin.php', 'GET unmatched 404'],
  ['no route of this method', (app) => app.get('/users', ok), 'POST /users', 'POST unmatched 404'],
  [
    'a 404 of a route',
    (app) => app.get('/users/:id', (_req, res) => void res.status(404).end()),
    'GET /users/7',
    'GET /users/:id 404',
  ],
  ['a route that passes on to nothing', (app) => app.get('/users/:id', pass), 'GET /users/7', 'GET /users/:id 404'],
  ['sendFile', (app) => app.get('/file', (_req, res) => res.sendFile(__filename)), 'GET /file', 'GET /file 200'],
  [
    'sendFile of a file that is not there',
    (app) => void app.get('/file', (_req, res) => res.sendFile(`${__filename}.x`)),
    'GET /file',
    'GET /file 404',
  ],
  [
    'static files',
    (app, express) => app.use('/src', express.static(__dirname)),
    'GET /src/routes.test.ts',
    'GET /src 200',
  ],
  [
    'static files that are not there',
    (app, express) => app.use('/src', express.static(__dirname)),
    'GET /src/x',
    'GET unmatched 404',
  ],
  [
    'an asynchronous handler',
    (app) => app.get('/users/:id', async (_req, res) => void setImmediate(() => res.status(201).end())),
    'GET /users/7',
    'GET /users/:id 201',
  ],
  ['a redirect', (app) => app.get('/old/:id', (_req, res) => res.redirect('/new')), 'GET /old/7', 'GET /old/:id 302'],
];

function answerError(_error: unknown, _req: unknown, res: import('express').Response, _next: unknown) {
  res.status(500).end();
}

describe.each(EXPRESS_VERSIONS)('with %s', (version) => {
  beforeEach(() => jest.spyOn(console, 'error').mockImplementation(() => undefined));
  afterEach(() => jest.restoreAllMocks());

  test.each(cases)('%s', async (_what, build, request, series) => {
    const service = await measuredService(version, build);
    const [method, path] = request.split(' ');
    // The first one is measured as every other one is.
    for (let n = 0; n < 3; n++) await service.send(path!, method);
    expect(await service.routes()).toEqual([`${series} ×3`]);
  });
});
