import { once } from 'node:events';
import { createServer } from 'node:http';
import { type ClientHttp2Session, connect } from 'node:http2';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import express from 'express';
import { dashboard } from '../../lib/dashboard.ts';
import { type MetricFamily, metricsRouter, refuseAuthorization, trustedIp } from '../../lib/index.ts';
import { connectRaw, until } from '../support/clients.ts';
import { listenHttp2, portOf } from '../support/http2.ts';
import { closeHttp2 } from '../support/http2-service.ts';
import { type RequestParts, requestText } from '../support/raw-http.ts';
import { largeFamily, queueDepth, sourceOf } from '../support/scrape-sources.ts';
import { listen } from '../support/serve.ts';

afterEach(closeHttp2);

/** Keep-alive timeout (ms), too long to end a connection in a test. */
const KEPT_ALIVE = { keepAliveTimeout: 600_000 };

const requests: [string, RequestParts][] = [
  ['a document', {}],
  ['a large document', { target: '/large/metrics' }],
  ['a compressed document', { headers: ['Accept-Encoding: gzip'] }],
  ['the head of a document', { method: 'HEAD' }],
  ['OPTIONS', { method: 'OPTIONS' }],
  ['the page', { target: '/metrics.html' }],
  ['a refusal', { headers: ['Authorization: x'] }],
  ['an address that is not trusted', { target: '/strangers' }],
  ["a refusal on a route of the app's own", { target: '/unauthorized', headers: ['Authorization: x'] }],
];

/** Serves an app with all endpoints, and a request that stays in flight until `release` is called. */
function busyApp() {
  let release = () => {};
  const app = express()
    .get('/busy', (_req, res) => {
      release = () => void res.send('busy');
    })
    .use(metricsRouter({ source: sourceOf(queueDepth), dashboard: dashboard() }))
    .use('/large', metricsRouter({ source: sourceOf(largeFamily(300)) }))
    .use('/strangers', trustedIp({ trustedHosts: [] }))
    .use('/unauthorized', refuseAuthorization());
  return { app, release: () => release() };
}

describe('a keep-alive connection', () => {
  /** Opens a connection that sends several requests, and records what it receives. */
  function client(port: number) {
    const { socket, read, received, closed } = connectRaw(port, requestText());
    read();
    const heads = () => received().match(/HTTP\/1\.1 \d+ .*?\r\n\r\n/gs) ?? [];
    return { ask: (text: string) => socket.write(text), heads, closed, leave: () => socket.destroy() };
  }

  test.each(requests)('is closed after a response of a closed server: %s', async (_case, parts) => {
    const { app, release } = busyApp();
    const server = await listen(app, undefined, KEPT_ALIVE);
    const { ask, heads, closed } = client((server.address() as AddressInfo).port);
    await until(() => heads().length === 1);
    expect(heads()[0]).toContain('Connection: keep-alive');
    // Node itself closes only connections that are idle at this moment.
    const busy = once(server, 'request');
    ask(requestText({ target: '/busy' }));
    await busy;
    const isClosed = once(server, 'close');
    server.close();
    release();
    await until(() => heads().length === 2);
    ask(requestText(parts));
    await closed;
    expect(heads()).toHaveLength(3);
    expect(heads()[1]).toContain('Connection: keep-alive');
    expect(heads()[2]).toContain('Connection: close');
    await isClosed;
  });

  test.each([
    ['small', queueDepth],
    ['large', largeFamily(300)],
  ])('is closed after the document that is in progress when the server closes: %s', async (_size, family) => {
    let give: ((families: MetricFamily[]) => void) | undefined;
    const collect = () =>
      new Promise<MetricFamily[]>((resolve) => {
        give = resolve;
      });
    const server = await listen(express().use(metricsRouter({ source: { collect } })), undefined, KEPT_ALIVE);
    const { heads, closed } = client((server.address() as AddressInfo).port);
    await until(() => give);
    const isClosed = once(server, 'close');
    server.close();
    give?.([family]);
    await Promise.all([closed, isClosed]);
    expect(heads()).toEqual([expect.stringContaining('Connection: close')]);
  });

  test('stays open if other code passes connections to the server', async () => {
    const { app } = busyApp();
    const server = createServer(KEPT_ALIVE, app);
    const front = createTcpServer((socket) => server.emit('connection', socket)).listen(0, '127.0.0.1');
    await once(front, 'listening');
    const { ask, heads, closed, leave } = client((front.address() as AddressInfo).port);
    for (let asked = 1; asked <= 2; asked++) {
      await until(() => heads().length === asked);
      expect(heads().at(-1)).toContain('Connection: keep-alive');
      ask(requestText());
    }
    leave();
    await closed;
    await new Promise((resolve) => front.close(resolve));
  });

  test('stays open when its server listens again', async () => {
    const { app, release } = busyApp();
    const server = await listen(app, undefined, KEPT_ALIVE);
    const { ask, heads } = client((server.address() as AddressInfo).port);
    await until(() => heads().length === 1);
    const busy = once(server, 'request');
    ask(requestText({ target: '/busy' }));
    await busy;
    server.close().listen(0, '127.0.0.1');
    await once(server, 'listening');
    release();
    ask(requestText());
    await until(() => heads().length === 3);
    expect(heads()[2]).toContain('Connection: keep-alive');
  });
});

describe('an HTTP/2 session', () => {
  let session: ClientHttp2Session;
  afterEach(() => session.destroy());

  /** Sends a request; returns the parts of the response that concern the connection. */
  async function ask({ method = 'GET', target = '/metrics.json', headers = [] }: RequestParts) {
    const fields = Object.fromEntries(headers.map((line) => line.toLowerCase().split(': ')));
    const stream = session.request({ ':method': method, ':path': target, ...fields }).end();
    const [received] = await once(stream, 'response');
    stream.resume();
    if (!stream.closed) await once(stream, 'close');
    return { connection: received.connection, code: stream.rstCode };
  }

  test.each(requests.filter(([, { target = '' }]) => !/large|strangers|unauthorized/.test(target)))(
    'is closed after its streams are complete when the server closes: %s',
    async (_case, parts) => {
      const warnings = jest.spyOn(process, 'emitWarning');
      const server = await listenHttp2(
        metricsRouter({ source: sourceOf(queueDepth, largeFamily(300)), dashboard: dashboard() }),
      );
      session = connect(`http://127.0.0.1:${portOf(server)}`);
      const isOver = once(session, 'close');
      await ask({});
      const isClosed = once(server, 'close');
      server.close();
      expect(await ask(parts)).toEqual({ connection: undefined, code: 0 });
      await Promise.all([isClosed, isOver]);
      const kinds = warnings.mock.calls.map(([, kind]) => kind);
      expect(kinds).not.toContain('UnsupportedWarning');
    },
  );

  test('continues after a request body that is not read', async () => {
    const warnings = jest.spyOn(process, 'emitWarning');
    const server = await listenHttp2(metricsRouter({ source: sourceOf(queueDepth) }));
    session = connect(`http://127.0.0.1:${portOf(server)}`);
    const posted = session.request({ ':method': 'POST', ':path': '/metrics.json', 'content-length': '5' });
    const [received] = await once(posted, 'response');
    expect(received).toMatchObject({ ':status': 405 });
    posted.resume();
    await once(posted, 'close');
    expect(await ask({})).toEqual({ connection: undefined, code: 0 });
    expect(warnings.mock.calls.map(([, kind]) => kind)).not.toContain('UnsupportedWarning');
  });
});
