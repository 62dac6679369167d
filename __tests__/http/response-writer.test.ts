import express from 'express';
import type { MetricsRouterOptions, MetricsSource } from '../../lib/index.ts';
import {
  connectRaw,
  type RawClient,
  type Service,
  serve,
  settledValue,
  TERMINATOR,
  until,
} from '../support/clients.ts';
import { requestText } from '../support/raw-http.ts';
import {
  endless,
  largeFamily,
  largeSample,
  never,
  onceThenQueueDepth,
  queueDepth,
  samplesThatHang,
  sourceOf,
} from '../support/scrape-sources.ts';

const codings = ['identity', 'gzip', 'br'];

/** Asks for a document, and reads nothing of it yet. */
function begin({ port }: Pick<Service, 'port'>, coding = 'identity'): RawClient {
  return connectRaw(port, requestText({ target: '/metrics', headers: [`Accept-Encoding: ${coding}`] }));
}

/** Until then, with `maxInFlight: 1`, every scrape gets a 503. */
async function slotIsFree({ get }: Service): Promise<void> {
  await until(async () => (await get('/metrics')).status === 200);
}

describe.each(codings)('a client that does not read, in %s', (coding) => {
  test('keeps the source waiting, and gets the rest once it reads', async () => {
    const source = endless();
    const service = await serve({ source });
    const client = begin(service, coding);
    await until(() => source.pulled > 0);
    const pulled = await settledValue(() => source.pulled);
    // What the kernel holds for both ends of the connection is several megabytes.
    expect(pulled).toBeLessThan(50_000);
    client.read();
    await until(() => source.pulled > pulled + 10_000);
    expect(service.failures).toEqual([]);
  });
});

describe('a client that goes away', () => {
  async function* waitingSamples() {
    yield largeSample(0);
    await never();
  }
  test.each([
    ['collect() has not answered', () => never()],
    ['a family is awaited', () => ({ [Symbol.asyncIterator]: () => ({ next: never }) })],
    [
      'the first sample is awaited',
      () => [{ ...queueDepth, samples: { [Symbol.asyncIterator]: () => ({ next: never }) } }],
    ],
    ['a later sample is awaited', () => [{ ...queueDepth, samples: waitingSamples() }]],
  ])('frees its slot and aborts the signal while %s', async (_when, collect) => {
    let signal: AbortSignal | undefined;
    const source = onceThenQueueDepth((scrape) => {
      signal = scrape.signal;
      return collect();
    });
    const service = await serve({ source, maxInFlight: 1, timeout: 60_000 });
    const client = begin(service);
    await until(() => signal);
    client.socket.destroy();
    await until(() => signal?.aborted);
    expect(signal?.reason).toMatchObject({ name: 'MetricsError', code: 'ERR_METRICS_CLIENT_GONE' });
    await slotIsFree(service);
    expect(service.failures).toEqual([]);
  });

  test.each(codings)('closes the iterator of the samples when it is being sent to, in %s', async (coding) => {
    const source = endless();
    const { collect } = source;
    const service = await serve({ source: onceThenQueueDepth(collect), maxInFlight: 1 });
    const client = begin(service, coding);
    await until(() => source.pulled > 0);
    await settledValue(() => source.pulled);
    client.socket.destroy();
    await until(() => source.returned === 1);
    expect(source.scrape?.signal.aborted).toBe(true);
    await slotIsFree(service);
    expect(service.failures).toEqual([]);
  });

  test('frees its slot when its document was small last time, and has outgrown what can be shared', async () => {
    let signal: AbortSignal | undefined;
    let isLarge = false;
    const source: MetricsSource = {
      collect(scrape) {
        if (!isLarge) return [queueDepth];
        isLarge = false;
        signal = scrape.signal;
        return [{ ...queueDepth, samples: samplesThatHang(1_000) }];
      },
    };
    const service = await serve({ source, maxInFlight: 1, timeout: 60_000 });
    await service.get('/metrics');
    isLarge = true;
    const client = begin(service);
    client.read();
    await until(() => client.received().length > 500_000);
    client.socket.destroy();
    await until(() => signal?.aborted);
    await slotIsFree(service);
  });

  test.each(codings)('frees its slot when it goes as the document ends, in %s', async (coding) => {
    const app = express();
    let requests = 0;
    app.use((req, res, next) => {
      if (requests++ > 0) return next();
      const end = res.end.bind(res) as typeof res.end;
      res.end = (chunk?: unknown) => {
        req.socket.destroy();
        return end(chunk);
      };
      next();
    });
    const service = await serve({ source: sourceOf(largeFamily(500)), maxInFlight: 1 }, app);
    const client = begin(service, coding);
    client.read();
    await client.closed;
    await slotIsFree(service);
    // Here it is the app that closes the connection.
    expect(service.failures).toMatchObject([{ phase: 'send', error: { code: 'ERR_METRICS_RESPONSE_ENDED' } }]);
  });

  test('leaves other scrapes alone', async () => {
    const sources = [endless(), endless()] as const;
    let scrapes = 0;
    const service = await serve({ source: { collect: (scrape) => sources[scrapes++ % 2]!.collect(scrape) } });
    const [gone, stays] = [begin(service), begin(service)];
    await until(() => scrapes === 2);
    gone.socket.destroy();
    await until(() => sources[0].returned === 1);
    const pulled = sources[1].pulled;
    stays.read();
    await until(() => sources[1].pulled > pulled + 10_000);
    expect(sources[1].scrape?.signal.aborted).toBe(false);
  });
});

describe('a response that waits behind another one on its connection', () => {
  /** An app whose `/first` answers when the test says so; both requests are sent at once. */
  async function pipelined(options: MetricsRouterOptions) {
    const app = express();
    let answerFirst = () => {};
    app.get('/first', (_req, res) => {
      answerFirst = () => void res.end('the first');
    });
    const service = await serve(options, app);
    const client = connectRaw(service.port, requestText({ target: '/first' }) + requestText({ target: '/metrics' }));
    return { service, client, answerFirst: () => answerFirst() };
  }

  test.each([1, 500])('follows it whole: %i kB', async (kilobytes) => {
    const { client, answerFirst, service } = await pipelined({ source: sourceOf(largeFamily(kilobytes)) });
    await until(() => service.decisions.length === 1);
    answerFirst();
    client.read();
    const { text } = await service.get('/metrics');
    await until(() => client.received().includes(`id="${kilobytes - 1}"`));
    const [first, second] = client.received().split(/(?=HTTP\/1\.1 )/);
    expect(first).toMatch(/\r\n\r\nthe first$/);
    const length = second?.match(/\r\nContent-Length: (\d+)/)?.[1];
    if (kilobytes === 1) expect(length).toBe(String(text.length));
    else await until(() => TERMINATOR.test(client.received()));
  });

  test('is given up when the client goes away', async () => {
    const source = endless();
    const { collect } = source;
    const { service, client } = await pipelined({ source: onceThenQueueDepth(collect), maxInFlight: 1 });
    await until(() => source.pulled > 0);
    expect(await settledValue(() => source.pulled)).toBeLessThan(1_000);
    client.socket.destroy();
    await until(() => source.returned === 1);
    expect(source.scrape?.signal.reason).toMatchObject({ code: 'ERR_METRICS_CLIENT_GONE' });
    await slotIsFree(service);
  });

  test('is given up when the client goes away while the source is awaited', async () => {
    let signal: AbortSignal | undefined;
    const source = onceThenQueueDepth((scrape) => {
      signal = scrape.signal;
      return never();
    });
    const { service, client } = await pipelined({ source, maxInFlight: 1 });
    await until(() => signal);
    client.socket.destroy();
    await until(() => signal?.aborted);
    await slotIsFree(service);
  });
});

test('a scrape whose client was gone before it began frees its slot, and the source is not asked', async () => {
  const app = express();
  const collect = jest.fn(() => [queueDepth]);
  let requests = 0;
  app.use((req, _res, next) => {
    if (requests++ > 0) return next();
    // Once asked for, the address stays readable, and the guards let the request in.
    expect(req.socket.remoteAddress).toBe('127.0.0.1');
    req.socket.once('close', next).destroy();
  });
  const service = await serve({ source: { collect }, maxInFlight: 1, timeout: 60_000 }, app);
  await begin(service).closed;
  await until(() => service.decisions.length === 1);
  expect(service.decisions).toMatchObject([{ decision: 'allow' }]);
  expect(collect).not.toHaveBeenCalled();
  await slotIsFree(service);
});
