import type { Build } from './measured.ts';

/** What a client does besides sending its requests and reading their responses. */
export type ClientBehavior = 'asks for an upgrade' | 'disconnects' | 'pipelines and disconnects';

/** What is mounted; the request, with a number for `{n}`; and the series that counts it, whatever the number. */
export type RouteCase = readonly [what: string, build: Build, request: string, series: string, client?: ClientBehavior];

export const ok = (_req: unknown, res: { end(): void }) => res.end();
export const pass = (_req: unknown, _res: unknown, next: () => void) => next();
export const fail = (_req: unknown, _res: unknown, next: (error: Error) => void) =>
  next(new Error('expected by this test'));

export function answerError(_error: unknown, _req: unknown, res: import('express').Response, _next: unknown) {
  res.status(500).end();
}

/** A router with these routes, mounted at a path. */
export const mounted =
  (at: string | RegExp | (string | RegExp)[], ...paths: (string | RegExp)[]): Build =>
  (app, { Router }) => {
    const router = Router();
    for (const path of paths) router.get(path, ok);
    app.use(at, router);
  };

/** Routes of every kind, and how they are reached. */
export const ROUTE_CASES: readonly RouteCase[] = [
  ['a route', (app) => app.get('/users', ok), 'GET /users', 'GET /users 200'],
  ['the root', (app) => app.get('/', ok), 'GET /', 'GET / 200'],
  ['a parameter', (app) => app.get('/users/:id', ok), 'GET /users/{n}', 'GET /users/:id 200'],
  ['a query', (app) => app.get('/users/:id', ok), 'GET /users/{n}?a=/x/:y', 'GET /users/:id 200'],
  ['a trailing slash of the request', (app) => app.get('/users', ok), 'GET /users/', 'GET /users 200'],
  ['a trailing slash of the route', (app) => app.get('/users/', ok), 'GET /users', 'GET /users 200'],
  ['another case', (app) => app.get('/Users/:id', ok), 'GET /uSERS/{n}', 'GET /Users/:id 200'],
  ['percent-encoding', (app) => app.get('/users/:id', ok), 'GET /users/a%2Fb%20c{n}', 'GET /users/:id 200'],
  ['two parameters in a segment', (app) => app.get('/:from-:to', ok), 'GET /a{n}-b', 'GET /:from-:to 200'],
  ['a route for all methods', (app) => app.all('/all', ok), 'DELETE /all', 'DELETE /all 200'],
  ['route()', (app) => app.route('/chain/:id').post(ok), 'POST /chain/{n}', 'POST /chain/:id 200'],
  ['HEAD, answered by a route of GET', (app) => app.get('/users/:id', ok), 'HEAD /users/{n}', 'HEAD /users/:id 200'],
  ['OPTIONS, answered by Express', (app) => app.get('/users', ok), 'OPTIONS /users', 'OPTIONS unmatched 200'],
  ['a method that is not standard', (app) => app.all('/dav', ok), 'PROPFIND /dav', '_OTHER /dav 200'],
  ['a regular expression', (app) => app.get(/^\/a\d+c$/, ok), 'GET /a{n}c', 'GET /^\\/a\\d+c$/ 200'],
  ['a list of paths, by its first', (app) => app.get(['/a', '/b/:id'], ok), 'GET /a', 'GET /a 200'],
  ['a list of paths, by its last', (app) => app.get(['/a', '/b/:id'], ok), 'GET /b/{n}', 'GET /b/:id 200'],
  ['a list with a regular expression', (app) => app.get(['/a', /^\/x\d$/], ok), 'GET /x{n}', 'GET /^\\/x\\d$/ 200'],

  ['a router', mounted('/users', '/:id'), 'GET /users/{n}', 'GET /users/:id 200'],
  ['a router, its root', mounted('/users', '/'), 'GET /users', 'GET /users 200'],
  ['a router, its root with a slash', mounted('/users', '/'), 'GET /users/', 'GET /users 200'],
  ['a router at the root', mounted('/', '/a'), 'GET /a', 'GET /a 200'],
  ['a router at a path with a slash', mounted('/users/', '/:id'), 'GET /users/{n}', 'GET /users/:id 200'],
  ['a router in another case', mounted('/Users', '/:id'), 'GET /USERS/{n}', 'GET /Users/:id 200'],
  ['a router at a parameter', mounted('/t/:tenant', '/o/:id'), 'GET /t/acme{n}/o/7', 'GET /t/:tenant/o/:id 200'],
  ['a parameter equal to the literal before it', mounted('/t/:x', '/o/:id'), 'GET /t/t/o/{n}', 'GET /t/:x/o/:id 200'],
  ['a parameter equal to the literal after it', mounted('/:x/t', '/o/:id'), 'GET /t/t/o/{n}', 'GET /:x/t/o/:id 200'],
  ['equal parameters', mounted('/:a/:b', '/:c'), 'GET /1/1/1', 'GET /:a/:b/:c 200'],
  ['an encoded parameter of a mount', mounted('/t/:x', '/o'), 'GET /t/a%2Fb%C3%A9{n}/o', 'GET /t/:x/o 200'],
  ['a parameter within a segment', mounted('/t-:x', '/o'), 'GET /t-{n}/o', 'GET /t-:x/o 200'],
  ['a router at a regular expression', mounted(/^\/re\d+/, '/o'), 'GET /re7{n}/o', 'GET /^\\/re\\d+//o 200'],
  ['a router at a list, by its first', mounted(['/a', '/b/:x'], '/o'), 'GET /a/o', 'GET /a/o 200'],
  ['a router at a list, by its last', mounted(['/a', '/b/:x'], '/o'), 'GET /b/{n}/o', 'GET /b/:x/o 200'],
  ['a regular expression in a router', mounted('/a', /^\/\d+$/), 'GET /a/7{n}', 'GET /a/^\\/\\d+$/ 200'],

  [
    'two levels of parameters, with mergeParams',
    (app, { Router }) => {
      const [outer, inner] = [Router({ mergeParams: true }), Router({ mergeParams: true })];
      inner.get('/:c', (req, res) => res.json(req.params));
      outer.use('/b/:b', pass, inner);
      app.use('/a/:a', outer);
    },
    'GET /a/{n}/b/{n}/{n}',
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
    'GET /t/acme{n}/o/7',
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
    'GET /{n}/2/3',
    'GET /:a/:b/:c 500',
  ],
  [
    'a route after a router that does not answer',
    (app, { Router }) => {
      app.use('/:kind', Router().get('/nothing', ok), pass);
      app.use('/users', Router().use('/:x', pass));
      app.get('/users/:id', ok);
    },
    'GET /users/{n}',
    'GET /users/:id 200',
  ],
  [
    'a router after another one at the same path',
    (app, { Router }) => {
      app.use('/users', pass);
      app.use('/:kind', Router().get('/:id', ok));
    },
    'GET /users/{n}',
    'GET /:kind/:id 200',
  ],
  [
    'a router that middleware calls',
    (app, { Router }) => {
      const router = Router().get('/:id', ok);
      app.use('/users', (req, res, next) => setImmediate(() => router(req, res, next)));
    },
    'GET /users/{n}',
    'GET /users/:id 200',
  ],
  [
    'one router at two paths',
    (app, { Router }) => {
      const router = Router().get('/:id', ok);
      app.use('/a', router);
      app.use('/:b/c', router);
    },
    'GET /x{n}/c/7',
    'GET /:b/c/:id 200',
  ],
];
