import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { dashboard } from '../../lib/dashboard.ts';
import { serve } from '../support/clients.ts';
import { EXPRESS_VERSIONS, loadExpress } from '../support/express-versions.ts';
import { type RequestParts, requestText, send } from '../support/raw-http.ts';
import { onceThenQueueDepth, queueDepth, sourceOf } from '../support/scrape-sources.ts';
import { listen } from '../support/serve.ts';

// Jest fails a test during which a rejection goes unhandled.

const endsItFirst: RequestHandler = (_req, res, next) => {
  res.end('theirs');
  next();
};

const beginsItFirst: RequestHandler = (_req, res, next) => {
  res.write('theirs');
  next();
};

const requests: [string, RequestParts][] = [
  ['a document', {}],
  ['the head of a document', { method: 'HEAD' }],
  ['OPTIONS', { method: 'OPTIONS' }],
  ['the page', { target: '/metrics.html' }],
  ['the page, compressed', { target: '/metrics.html', headers: ['Accept-Encoding: br'] }],
  ['a malformed query', { target: '/metrics?name[]=' }],
  ['another method', { method: 'DELETE' }],
  ['header fields up to the limit', { headers: new Array(30).fill('a: b') }],
  ['an address that is not trusted', { target: '/strangers' }],
  ['an Authorization header', { target: '/unauthorized', headers: ['Authorization: x'] }],
];

describe.each(EXPRESS_VERSIONS)('a response that other code has sent, with %s', (version) => {
  const { express, library } = loadExpress(version);

  /** Sends a request that `handler` gets first; returns the response and what was reported. */
  async function answerBehind(handler: RequestHandler, parts: RequestParts) {
    const thrown: unknown[] = [];
    const failures: unknown[] = [];
    const reached = jest.fn();
    const router = library.metricsRouter({
      source: sourceOf(queueDepth),
      dashboard: dashboard(),
      onError: (failure) => failures.push(failure),
    });
    const app = express()
      .use(handler, router)
      .use('/strangers', library.trustedIp({ trustedHosts: [] }), reached)
      .use('/unauthorized', library.refuseAuthorization(), reached)
      .use((error: unknown, _req: Request, _res: Response, _next: NextFunction) => thrown.push(error));
    const server = await listen(app);
    server.maxHeadersCount = 30;
    // Without a response, the connection was destroyed before anything was sent.
    const answer = await send(server, requestText(parts)).catch(() => ({ status: 0, body: '', isComplete: false }));
    expect(thrown).toEqual([]);
    expect(reached).not.toHaveBeenCalled();
    return { ...answer, failures };
  }

  test.each(requests)('is not changed if it is complete: %s', async (_case, parts) => {
    const answer = await answerBehind(endsItFirst, parts);
    expect(answer).toMatchObject({ status: 200, body: parts.method === 'HEAD' ? '' : 'theirs', isComplete: true });
  });

  test.each(requests.filter(([, { method }]) => method !== 'HEAD'))(
    'is destroyed if it is incomplete, as no code would end it: %s',
    async (_case, parts) => {
      const answer = await answerBehind(beginsItFirst, parts);
      expect(answer).toMatchObject({ isComplete: false });
    },
  );

  test('is a failed scrape, which is reported to onError', async () => {
    for (const handler of [endsItFirst, beginsItFirst]) {
      const { failures } = await answerBehind(handler, {});
      expect(failures).toEqual([
        { phase: 'send', error: expect.objectContaining({ code: 'ERR_METRICS_RESPONSE_ENDED' }) },
      ]);
    }
  });

  test.each(['identity', 'gzip', 'br'])('is not changed if it is sent before the page: %s', async (coding) => {
    const endsItNext: RequestHandler = (_req, res, next) => {
      next();
      res.end('theirs');
    };
    const headers = [`Accept-Encoding: ${coding}`];
    const answer = await answerBehind(endsItNext, { target: '/metrics.html', headers });
    expect(answer).toMatchObject({ status: 200, body: 'theirs', isComplete: true });
  });
});

test('a response whose methods throw affects only its own connection', async () => {
  const app = loadExpress('express').express();
  app.use((req, res, next) => {
    next();
    if (req.headers['x-broken'] === undefined) return;
    res.end = () => {
      throw new Error('broken by the app');
    };
  });
  const source = onceThenQueueDepth(() => {
    throw new Error('lost');
  });
  const { server, failures, get } = await serve({ source, dashboard: dashboard(), selfMetrics: true }, app);
  for (const target of ['/metrics.json', '/metrics.html']) {
    const answer = send(server, requestText({ target, headers: ['X-Broken: yes'] }));
    await expect(answer).rejects.toThrow('hung up without a response');
  }
  expect(failures).toEqual([
    { phase: 'collect', error: new Error('lost') },
    { phase: 'send', error: new Error('broken by the app') },
  ]);
  expect((await get('/metrics')).text).toContain('metrics_endpoint_scrapes_total{format="json",outcome="cut"} 1\n');
});
