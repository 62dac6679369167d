import { Readable } from 'node:stream';
import { answerError, fail, mounted, ok, pass, type RouteCase } from './route-cases.ts';

/** Requests that leave their route, fail, match none, or end in some other way. */
export const ENDING_CASES: readonly RouteCase[] = [
  [
    "next('route')",
    (app) => {
      app.get('/users/:id', (_req, _res, next) => next('route'));
      app.get('/:kind/:id', ok);
    },
    'GET /users/{n}',
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
    'GET /users/{n}',
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
    'GET /a{n}/b',
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
    'GET /users/{n}',
    'GET /users/:id 500',
  ],
  ['an error', (app) => void app.get('/users/:id', fail).use(answerError), 'GET /users/{n}', 'GET /users/:id 500'],
  ['an error that Express answers', (app) => app.get('/users/:id', fail), 'GET /users/{n}', 'GET /users/:id 500'],
  [
    'an error in a router',
    (app, { Router }) => {
      app.use('/users', Router().get('/:id', fail));
      app.use('/orders', Router().get('/:id', ok));
      app.use(answerError);
    },
    'GET /users/{n}',
    'GET /users/:id 500',
  ],
  [
    'an error of middleware at a path',
    (app, { Router }) => {
      app.use('/t/:tenant', fail, Router().get('/o', ok));
      app.use(answerError);
    },
    'GET /t/acme{n}/o',
    'GET /t/:tenant 500',
  ],
  ['an error of middleware', (app) => void app.use(fail, answerError), 'GET /a{n}', 'GET unmatched 500'],
  ['a malformed parameter', (app) => app.get('/users/:id', ok), 'GET /users/%ff{n}', 'GET unmatched 400'],

  [
    'middleware at a path that answers',
    (app) => app.use('/files/:owner', ok),
    'GET /files/a{n}/b/c',
    'GET /files/:owner 200',
  ],
  ['middleware that answers', (app) => app.use(ok), 'GET /a{n}', 'GET unmatched 200'],
  [
    'middleware that answers after some at a path',
    (app) => void app.use('/a', pass).use(ok),
    'GET /a/{n}',
    'GET unmatched 200',
  ],
  [
    'middleware of a router that answers',
    (app, { Router }) => app.use('/t/:tenant', Router().use('/x', pass).use(ok)),
    'GET /t/acme{n}/x',
    'GET /t/:tenant 200',
  ],
  [
    'middleware at a path that answers, after a route that does not',
    (app) => void app.all(/.*/, pass).use('/graphql', ok),
    'POST /graphql',
    'POST /graphql 200',
  ],
  ['no route', (app) => app.get('/users', ok), 'GET /admin{n}.php', 'GET unmatched 404'],
  ['no route in a router', mounted('/t/:tenant', '/o'), 'GET /t/acme{n}/admin{n}.php', 'GET unmatched 404'],
  ['no route of this method', (app) => app.get('/users', ok), 'POST /users', 'POST unmatched 404'],
  [
    'a 404 of a route',
    (app) => app.get('/users/:id', (_req, res) => void res.status(404).end()),
    'GET /users/{n}',
    'GET /users/:id 404',
  ],
  ['a route that passes on to nothing', (app) => app.get('/users/:id', pass), 'GET /users/{n}', 'GET /users/:id 404'],
  [
    'sendFile',
    (app) => app.get('/file', (_req, res) => res.sendFile('package.json', { root: '.' })),
    'GET /file',
    'GET /file 200',
  ],
  [
    'sendFile of a file that is not there',
    (app) => void app.get('/file', (_req, res) => res.sendFile('missing.json', { root: '.' })),
    'GET /file',
    'GET /file 404',
  ],
  ['static files', (app, express) => app.use('/src', express.static('.')), 'GET /src/package.json', 'GET /src 200'],
  [
    'static files that are not there',
    (app, express) => app.use('/src', express.static('.')),
    'GET /src/x{n}',
    'GET unmatched 404',
  ],
  [
    'an asynchronous handler',
    (app) => app.get('/users/:id', async (_req, res) => void setImmediate(() => res.status(201).end())),
    'GET /users/{n}',
    'GET /users/:id 201',
  ],
  [
    'an asynchronous handler that fails',
    (app) => void app.get('/users/:id', (_req, _res, next) => setImmediate(fail, _req, _res, next)).use(answerError),
    'GET /users/{n}',
    'GET /users/:id 500',
  ],
  [
    'a streamed response',
    (app) => app.get('/users/:id', (_req, res) => void Readable.from(['a', 'b', 'c']).pipe(res)),
    'GET /users/{n}',
    'GET /users/:id 200',
  ],
  [
    'an upgrade that the server does not accept',
    (app) => app.get('/users/:id', ok),
    'GET /users/{n}',
    'GET /users/:id 200',
    'asks for an upgrade',
  ],
  ['a redirect', (app) => app.get('/old/:id', (_req, res) => res.redirect('/new')), 'GET /old/{n}', 'GET /old/:id 302'],

  [
    'a client that disconnects before the response',
    (app) => app.get('/users/:id', () => undefined),
    'GET /users/{n}',
    'GET /users/:id 499',
    'disconnects',
  ],
  [
    'a client that disconnects within the response',
    (app) => app.get('/users/:id', (_req, res) => void res.write('a part')),
    'GET /users/{n}',
    'GET /users/:id 499',
    'disconnects',
  ],
  [
    'a client that disconnects from an error handler',
    (app) => void app.get('/users/:id', fail).use((_e: unknown, _q: unknown, _s: unknown, _n: unknown) => undefined),
    'GET /users/{n}',
    'GET /users/:id 499',
    'disconnects',
  ],
  [
    'pipelined requests whose client disconnects',
    (app) => app.get('/users/:id', () => undefined),
    'GET /users/{n}',
    'GET /users/:id 499',
    'pipelines and disconnects',
  ],
  [
    'a response that the service cuts',
    (app) => app.get('/users/:id', (_req, res) => void res.destroy()),
    'GET /users/{n}',
    'GET /users/:id 499',
  ],
];
