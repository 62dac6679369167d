import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { requestMetrics } from '../../../lib/sources/requests.ts';
import { EXPRESS_VERSIONS, loadExpress } from '../../support/express-versions.ts';
import { measuredServer, measuredService, routesOf } from '../../support/measured.ts';
import { closeServers } from '../../support/serve.ts';

afterEach(closeServers);

const ok = (_req: unknown, res: { end(): void }) => res.end();

describe.each(EXPRESS_VERSIONS)('with %s', (version) => {
  test.each(['finish', 'close'])('a response whose %s came before the middleware is not measured', async (event) => {
    const { express } = loadExpress(version);
    const requests = requestMetrics();
    const app = express();
    const called: string[] = [];
    app.use('/sent', (_req, res, next) => {
      res.once(event, next);
      res.end();
    });
    app.use(requests);
    app.use('/sent', (req) => void called.push(req.baseUrl));
    app.get('/users/:id', ok);
    const service = await measuredServer(app, requests);
    for (const path of ['/sent', '/users/7', '/sent']) await service.send(path);
    expect(await service.routes()).toEqual(['GET /users/:id 200']);
    expect(called).toEqual(['/sent', '/sent']);
  });

  test('a response that was ended in the same turn before the middleware is measured', async () => {
    const { express } = loadExpress(version);
    const requests = requestMetrics();
    const app = express();
    app.use((_req, res, next) => {
      res.end();
      next();
    });
    app.use(requests);
    const service = await measuredServer(app, requests);
    for (let n = 0; n < 2; n++) await service.send('/');
    expect(await service.routes()).toEqual(['GET unmatched 200 ×2']);
  });

  test.each(['finish', 'close'])('an instance that is called again at the %s counts a request once', async (event) => {
    const { express } = loadExpress(version);
    const requests = requestMetrics();
    const app = express();
    let again = 0;
    app.use(requests);
    app.get('/users/:id', (_req, res, next) => {
      res.once(event, next);
      res.end();
    });
    app.use(requests, () => void again++);
    const service = await measuredServer(app, requests);
    for (let n = 0; n < 3; n++) await service.send('/users/7');
    expect(await service.routes()).toEqual(['GET /users/:id 200 ×3']);
    expect(again).toBe(3);
  });

  test('a request that no server of Node has received is measured until its response closes', async () => {
    const { express } = loadExpress(version);
    const app = express();
    const requests = requestMetrics();
    app.use(requests);
    app.get('/users/:id', ok);
    const service = await measuredServer(app, requests);
    await service.send('/users/7');
    const req = Object.assign(new IncomingMessage(new Socket()), { method: 'GET', url: '/users/8' });
    const res = new ServerResponse(req);
    res.assignSocket(new PassThrough() as unknown as Socket);
    const finished = new Promise((resolve) => res.once('finish', resolve));
    app(req, res);
    await finished;
    res.detachSocket(res.socket as Socket);
    res.emit('close');
    expect(await routesOf(requests)).toEqual(['GET /users/:id 200 ×2']);
  });

  test('a connection that stays open keeps no trace of its last request', async () => {
    const sockets = new Set<Socket>();
    const service = await measuredService(version, (app) =>
      app.get('/users/:id', (req, res) => {
        sockets.add(req.socket);
        res.end();
      }),
    );
    // The first response tells that this runtime publishes the end of responses.
    for (let n = 0; n < 2; n++) await service.send('/users/7');
    await service.routes();
    const kept = [...sockets].flatMap((socket) =>
      Object.getOwnPropertySymbols(socket)
        .filter(({ description }) => description === 'connection')
        .map((symbol) => (socket as unknown as Record<symbol, { trace: unknown }>)[symbol]?.trace),
    );
    expect(kept).toEqual([...sockets].map(() => undefined));
  });
});
