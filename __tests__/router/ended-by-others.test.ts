import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants } from 'node:http2';
import compression from 'compression';
import express from 'express';
import type { MetricsSource, Middleware } from '../../lib/index.ts';
import { connectRaw, serve, settledValue, TERMINATOR, until } from '../support/clients.ts';
import { closeHttp2, openHttp2, readHttp2Response, serveHttp2 } from '../support/http2-service.ts';
import { requestText } from '../support/raw-http.ts';
import {
  endless,
  largeFamily,
  never,
  QUEUE_DEPTH_TEXT,
  queueDepth,
  samplesThatHang,
} from '../support/scrape-sources.ts';

// However the app ends the response of a scrape, the scrape releases its slot.

const SLOTS = 2;
// Only the end of the response may end a scrape here.
const options = { maxInFlight: SLOTS, timeout: 600_000, stallTimeout: 600_000 };
const ENDED = {
  phase: 'send',
  error: expect.objectContaining({ name: 'MetricsError', code: 'ERR_METRICS_RESPONSE_ENDED' }),
};

const { NGHTTP2_CANCEL: CANCEL, NGHTTP2_INTERNAL_ERROR: INTERNAL_ERROR } = constants;

afterEach(closeHttp2);

/** A request in progress, as the middleware before the router sees it. */
interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly next: (error?: unknown) => void;
}

type Way = (exchange: Exchange) => void;

const ways: Record<string, Way> = {
  // Like connect-timeout: the app's error handler responds, or destroys the socket if headers were sent.
  'next(error)': ({ next }) => next(Object.assign(new Error('too late'), { status: 503 })),
  'res.end()': ({ res }) => void res.end(),
  'res.destroy()': ({ res }) => void res.destroy(),
  'req.socket.destroy()': ({ req }) => void req.socket.destroy(),
};

/** Keeps each request, like middleware with a timeout. */
function recorder() {
  const exchanges: Exchange[] = [];
  const middleware: Middleware = (req, res, next) => {
    exchanges.push({ req, res, next });
    next();
  };
  return { exchanges, middleware };
}

const fronts = ['no other middleware', 'compression()'] as const;
type Front = (typeof fronts)[number];

/** A source whose behaviour the test can change. */
function scripted() {
  const waiting: (() => void)[] = [];
  const source = {
    waiting,
    collect: (() => [queueDepth]) as MetricsSource['collect'],
    /** Makes later scrapes wait. */
    close() {
      source.collect = async () => {
        await new Promise<void>((resolve) => waiting.push(resolve));
        return [queueDepth];
      };
    },
    open() {
      source.collect = () => [queueDepth];
      for (const pass of waiting.splice(0)) pass();
    },
  };
  return source;
}

type Scripted = ReturnType<typeof scripted>;

interface Asked {
  get(path: string): Promise<{ status: number | undefined }>;
}

/** Asserts that all slots are free, by using all of them at once. */
async function expectAllSlots({ get }: Asked, source: Scripted): Promise<void> {
  source.close();
  // Different documents, since scrapes of the same document may share a slot.
  const scrapes = Array.from({ length: SLOTS }, (_, n) => get(`/metrics?exclude[]=${n}`));
  await until(() => source.waiting.length === SLOTS);
  source.open();
  expect((await Promise.all(scrapes)).map(({ status }) => status)).toEqual(scrapes.map(() => 200));
}

/** Serves a router. `front` precedes the middleware that keeps the requests. */
async function serveRecorded(front: Front = 'no other middleware') {
  const { exchanges, middleware } = recorder();
  const source = scripted();
  const app = express();
  // Keeps the errors of these tests off the terminal.
  app.set('env', 'test');
  const isCompressed = front === 'compression()';
  if (isCompressed) app.use(compression());
  app.use(middleware);
  const service = await serve(
    { ...options, compression: !isCompressed, source: { collect: (scrape) => source.collect(scrape) } },
    app,
  );
  return { ...service, exchanges, source };
}

const connect = (port: number, coding: string) =>
  connectRaw(port, requestText({ target: '/metrics', headers: [`Accept-Encoding: ${coding}`] }));

const hanging = (kilobytes: number): MetricsSource['collect'] => {
  return () => [{ ...queueDepth, labelNames: ['id', 'noise'], samples: samplesThatHang(kilobytes) }];
};

const moments = {
  'nothing was collected': { collect: never, sent: 0 },
  'some of a small document was collected': { collect: hanging(5), sent: 0 },
  'some of a large document was sent': { collect: hanging(300), sent: 100_000 },
};
const codings = ['identity', 'gzip'];
const cases = fronts.flatMap((front) =>
  Object.keys(ways).flatMap((way) => codings.map((coding) => ({ front, way, coding }))),
);

describe.each(Object.entries(moments))('while the scrape waits for the source and %s', (_moment, { collect, sent }) => {
  test.each(cases)('$way ends the scrape, below $front, in $coding', async ({ front, way, coding }) => {
    const service = await serveRecorded(front);
    const { exchanges, source } = service;
    source.collect = collect;
    const clients = Array.from({ length: SLOTS }, () => connect(service.port, coding));
    for (const client of clients) client.read();
    await until(() => exchanges.length === SLOTS && clients.every((client) => client.received().length >= sent));
    for (const exchange of exchanges.splice(0)) ways[way]!(exchange);
    await until(() => service.failures.length === SLOTS);
    expect(service.failures.splice(0)).toEqual(Array(SLOTS).fill(ENDED));
    await expectAllSlots(service, source);
    expect(service.failures).toEqual([]);
    if (sent === 0) return;
    await Promise.all(clients.map(({ closed }) => closed));
    for (const client of clients) expect(client.received()).not.toMatch(TERMINATOR);
  });
});

describe('while the scrape waits for the client', () => {
  test.each(cases)('$way ends the scrape, below $front, in $coding', async ({ front, way, coding }) => {
    const service = await serveRecorded(front);
    const { exchanges, source } = service;
    const sources = Array.from({ length: SLOTS }, endless);
    let scrapes = 0;
    source.collect = (scrape) => sources[scrapes++]!.collect(scrape);
    const clients = Array.from({ length: SLOTS }, () => connect(service.port, coding));
    await until(() => sources.every(({ pulled }) => pulled > 0));
    await settledValue(() => sources.reduce((sum, { pulled }) => sum + pulled, 0));
    for (const exchange of exchanges.splice(0)) ways[way]!(exchange);
    await until(() => service.failures.length === SLOTS);
    expect(service.failures.splice(0)).toEqual(Array(SLOTS).fill(ENDED));
    await until(() => sources.every(({ returned }) => returned === 1));
    await expectAllSlots(service, source);
    for (const client of clients) client.read();
    await Promise.all(clients.map(({ closed }) => closed));
    for (const client of clients) expect(client.received()).not.toMatch(TERMINATOR);
  });
});

describe('of a shared document', () => {
  test.each(Object.keys(ways))('%s ends one scrape, and another one gets the document', async (way) => {
    const service = await serveRecorded();
    const { exchanges, source, get } = service;
    await get('/metrics');
    source.close();
    const ended = connect(service.port, 'identity');
    ended.read();
    await until(() => exchanges.length === 2);
    const other = get('/metrics');
    await until(() => exchanges.length === 3);
    ways[way]!(exchanges[1]!);
    await until(() => service.failures.length === 1);
    expect(service.failures.splice(0)).toEqual([ENDED]);
    source.open();
    expect(await other).toMatchObject({ status: 200, text: QUEUE_DEPTH_TEXT });
    await expectAllSlots(service, source);
  });

  test.each(Object.keys(ways))('%s ends all scrapes, and the collection with them', async (way) => {
    const service = await serveRecorded();
    const { exchanges, source, get } = service;
    await get('/metrics');
    exchanges.pop();
    let signal: AbortSignal | undefined;
    source.collect = (scrape) => {
      signal = scrape.signal;
      return never();
    };
    for (let scrapes = 0; scrapes <= SLOTS; scrapes++) connect(service.port, 'identity').read();
    await until(() => signal !== undefined && exchanges.length === SLOTS + 1);
    for (const exchange of exchanges) ways[way]!(exchange);
    await until(() => signal?.aborted);
    expect(service.failures.splice(0)).toEqual(Array(SLOTS + 1).fill(ENDED));
    await expectAllSlots(service, source);
  });

  test.each(Object.keys(ways))('%s ends a scrape whose document is too large to share', async (way) => {
    const service = await serveRecorded();
    const { exchanges, source, get } = service;
    await get('/metrics');
    source.collect = hanging(1_000);
    const client = connect(service.port, 'identity');
    client.read();
    await until(() => client.received().length > 500_000);
    ways[way]!(exchanges[1]!);
    await until(() => service.failures.length === 1);
    expect(service.failures.splice(0)).toEqual([ENDED]);
    await expectAllSlots(service, source);
  });
});

describe('of a response that is queued behind another on its connection', () => {
  test.each(['res.end()', 'res.destroy()'])('%s ends the scrape', async (way) => {
    for (const kilobytes of [1, 500]) {
      const { exchanges, middleware } = recorder();
      const source = scripted();
      const app = express();
      const answers: ServerResponse[] = [];
      app.get('/first', (_req, res) => void answers.push(res));
      app.use(middleware);
      const service = await serve({ ...options, source: { collect: (scrape) => source.collect(scrape) } }, app);
      let pass = () => {};
      source.collect = async () => {
        await new Promise<void>((resolve) => {
          pass = resolve;
        });
        return [largeFamily(kilobytes)];
      };
      connectRaw(service.port, requestText({ target: '/first' }) + requestText({ target: '/metrics' })).read();
      await until(() => exchanges.length === 1);
      ways[way]!(exchanges[0]!);
      pass();
      await until(() => service.failures.length === 1);
      expect(service.failures.splice(0)).toEqual([ENDED]);
      await expectAllSlots(service, source);
      expect(answers[0]?.writableEnded).toBe(false);
    }
  });
});

test('a response that replaces a document arrives complete, and its connection stays open', async () => {
  const { exchanges, source, port, failures } = await serveRecorded();
  source.collect = hanging(5);
  const client = connect(port, 'identity');
  client.read();
  await until(() => exchanges.length === 1);
  const { res } = exchanges[0]!;
  res.statusCode = 503;
  res.setHeader('Content-Type', 'text/plain').end('too late');
  await until(() => failures.length === 1);
  await until(() => client.received().endsWith('too late'));
  expect(client.received()).toMatch(/^HTTP\/1\.1 503 /);
  source.collect = () => [queueDepth];
  client.socket.write(requestText({ target: '/metrics' }));
  await until(() => client.received().includes(QUEUE_DEPTH_TEXT));
});

describe.each(codings)('over HTTP/2, in %s', (coding) => {
  const http2Ways = ['res.end()', 'res.destroy()', 'req.socket.destroy()'];

  async function serveRecordedHttp2() {
    const { exchanges, middleware } = recorder();
    const source = scripted();
    const service = await serveHttp2(
      { ...options, source: { collect: (scrape) => source.collect(scrape) } },
      middleware,
    );
    return { ...service, exchanges, source };
  }

  test.each(Object.entries(moments).flatMap(([moment, how]) => http2Ways.map((way) => ({ moment, way, ...how }))))(
    '$way ends the scrape while $moment',
    async ({ way, collect, sent }) => {
      const service = await serveRecordedHttp2();
      const { exchanges, source, port } = service;
      source.collect = collect;
      const clients = Array.from({ length: SLOTS }, () => openHttp2(port, '/metrics', { 'accept-encoding': coding }));
      let received = 0;
      for (const client of clients) client.on('data', (chunk: Buffer) => (received += chunk.length));
      await until(() => exchanges.length === SLOTS && received >= SLOTS * sent);
      const answers = clients.map(readHttp2Response);
      for (const exchange of exchanges.splice(0)) ways[way]!(exchange);
      await until(() => service.failures.length === SLOTS);
      expect(service.failures.splice(0)).toEqual(Array(SLOTS).fill(ENDED));
      await expectAllSlots(service, source);
      if (sent > 0) for (const { code } of await Promise.all(answers)) expect(code).toBe(INTERNAL_ERROR);
    },
  );

  test.each(http2Ways)('%s ends the scrape while it waits for the client', async (way) => {
    const service = await serveRecordedHttp2();
    const { exchanges, source, port } = service;
    const sources = Array.from({ length: SLOTS }, endless);
    let scrapes = 0;
    source.collect = (scrape) => sources[scrapes++]!.collect(scrape);
    const clients = Array.from({ length: SLOTS }, () => openHttp2(port, '/metrics', { 'accept-encoding': coding }));
    await until(() => sources.every(({ pulled }) => pulled > 0));
    await settledValue(() => sources.reduce((sum, { pulled }) => sum + pulled, 0));
    for (const exchange of exchanges.splice(0)) ways[way]!(exchange);
    await until(() => service.failures.length === SLOTS);
    expect(service.failures.splice(0)).toEqual(Array(SLOTS).fill(ENDED));
    await until(() => sources.every(({ returned }) => returned === 1));
    await expectAllSlots(service, source);
    for (const { code } of await Promise.all(clients.map(readHttp2Response))) expect(code).toBe(INTERNAL_ERROR);
  });

  test('a client that cancels ends the scrape without a failure', async () => {
    const service = await serveRecordedHttp2();
    const { exchanges, source, port } = service;
    const sources = Array.from({ length: SLOTS }, endless);
    let scrapes = 0;
    source.collect = (scrape) => sources[scrapes++]!.collect(scrape);
    const clients = Array.from({ length: SLOTS }, () => openHttp2(port, '/metrics', { 'accept-encoding': coding }));
    await until(() => exchanges.length === SLOTS && sources.every(({ pulled }) => pulled > 0));
    clients[0]!.close(CANCEL);
    clients[1]!.session?.destroy();
    await until(() => sources.every(({ returned }) => returned === 1));
    expect(sources[0]!.scrape?.signal.reason).toMatchObject({ code: 'ERR_METRICS_CLIENT_GONE' });
    await expectAllSlots(service, source);
    expect(service.failures).toEqual([]);
  });
});
