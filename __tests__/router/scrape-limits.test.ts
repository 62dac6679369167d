import type { MetricsSource } from '../../lib/index.ts';
import { connectRaw, requestPath, serve, sleep, TERMINATOR, until } from '../support/clients.ts';
import { requestText } from '../support/raw-http.ts';
import {
  largeFamily,
  largeSample,
  never,
  onceThenQueueDepth,
  QUEUE_DEPTH_TEXT,
  queueDepth,
  samplesThatHang,
} from '../support/scrape-sources.ts';

const errors = {
  '/metrics.json': {
    type: 'application/problem+json; charset=utf-8',
    body: (detail: string) =>
      `${JSON.stringify({ type: 'about:blank', title: 'Service Unavailable', status: 503, detail })}\n`,
  },
  '/metrics': { type: 'text/plain; charset=utf-8', body: (detail: string) => `${detail}\n` },
};
const paths = ['/metrics.json', '/metrics'] as const;

const unavailable = (path: keyof typeof errors, detail: string) => ({
  status: 503,
  text: errors[path].body(detail),
  headers: expect.objectContaining({
    'content-type': errors[path].type,
    'retry-after': '1',
    'cache-control': 'no-store',
  }),
});

const LATE = 'The metrics could not be collected in time';

describe('a source that does not answer within timeout', () => {
  const hanging: [string, MetricsSource['collect']][] = [
    ['in collect()', () => never()],
    ['with a family', () => ({ [Symbol.asyncIterator]: () => ({ next: never }) })],
    ['with the first sample', () => [{ ...queueDepth, samples: samplesThatHang(0) }]],
    ['with the second sample', () => [{ ...queueDepth, labelNames: ['id', 'noise'], samples: samplesThatHang(1) }]],
    ['with the second family', hangsAfter],
    ['with a family that is a promise in an array', () => [never() as never]],
  ];
  async function* hangsAfter() {
    yield queueDepth;
    await never();
  }

  test.each(hanging.flatMap((one) => paths.map((path) => [one[0], path, one[1]] as const)))(
    'is aborted and gets a 503: %s, %s',
    async (_where, path, collect) => {
      let signal: AbortSignal | undefined;
      const source = onceThenQueueDepth((scrape) => {
        signal = scrape.signal;
        return collect(scrape);
      });
      const { get, failures } = await serve({ source, timeout: 50, maxInFlight: 1 });
      const answer = await get(path, { 'Accept-Encoding': 'gzip' });
      expect(answer).toMatchObject(unavailable(path, LATE));
      expect(answer.headers).not.toHaveProperty('content-encoding');
      expect(signal?.reason).toMatchObject({ name: 'MetricsError', code: 'ERR_METRICS_SOURCE_TIMEOUT' });
      expect(failures).toEqual([{ phase: 'collect', error: signal?.reason }]);
      // It still hangs, but has released its slot.
      expect(await get(path)).toMatchObject({ status: 200 });
    },
  );

  test.each(paths)('causes the connection to be destroyed when bytes were already sent: %s', async (path) => {
    const hanging = { ...queueDepth, labelNames: ['id', 'noise'], samples: samplesThatHang(500) };
    const source = onceThenQueueDepth(() => [hanging]);
    const { port, get, failures } = await serve({ source, timeout: 100, maxInFlight: 1 });
    const client = connectRaw(port, requestText({ target: path }));
    client.read();
    await client.closed;
    expect(client.received()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(client.received()).not.toMatch(TERMINATOR);
    expect(failures).toEqual([
      { phase: 'collect', error: expect.objectContaining({ code: 'ERR_METRICS_SOURCE_TIMEOUT' }) },
    ]);
    expect(await get(path)).toMatchObject({ status: 200 });
  });
});

describe('timeout', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  test('is the sum of all waits for the source', async () => {
    async function* slowly() {
      for (let n = 0; ; n++) {
        await sleep(20);
        yield largeSample(n);
      }
    }
    const source = { collect: () => [{ ...queueDepth, labelNames: ['id', 'noise'], samples: slowly() }] };
    const { get, failures } = await serve({ source, timeout: 150 });
    await expect(get('/metrics')).resolves.toMatchObject({ status: 503 });
    expect(failures).toMatchObject([{ error: { code: 'ERR_METRICS_SOURCE_TIMEOUT' } }]);
  });

  test('is not used up by a client that reads slowly', async () => {
    const timeout = 100;
    let pulled = 0;
    async function* samples() {
      while (pulled < 15_000) yield largeSample(pulled++);
    }
    const source = { collect: async () => [{ ...queueDepth, labelNames: ['id', 'noise'], samples: samples() }] };
    const { port, failures } = await serve({ source, timeout });
    // Time passes only while the client reads: a busy machine changes nothing.
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'clearImmediate', 'nextTick', 'queueMicrotask'] });
    const client = connectRaw(port, requestText({ target: '/metrics', headers: ['Connection: close'] }));
    let reads = 0;
    client.socket.on('data', () => {
      if (pulled < 15_000) reads++;
      jest.advanceTimersByTime(timeout);
    });
    client.read();
    // A repeated search for the end in megabytes would take longer than reading them.
    await client.closed;
    expect(reads).toBeGreaterThan(10);
    expect(failures).toEqual([]);
    expect(client.received()).toMatch(TERMINATOR);
    expect(client.received()).toContain('{id="14999",');
  });

  test('that passed without a wait has no effect later', async () => {
    const collect = async () => {
      await sleep(20);
      return [queueDepth];
    };
    const timeout = 1_500;
    const { get } = await serve({ source: { collect }, timeout });
    for (let scrapes = 0; scrapes < 3; scrapes++) expect((await get('/metrics')).status).toBe(200);
    await sleep(timeout);
    expect((await get('/metrics')).status).toBe(200);
  });
});

describe('X-Prometheus-Scrape-Timeout-Seconds', () => {
  const header = (seconds: string) => ({ 'X-Prometheus-Scrape-Timeout-Seconds': seconds });

  test('and the option timeout, whichever is shorter, are passed to the source', async () => {
    const told: number[] = [];
    const source: MetricsSource = {
      collect({ timeout }) {
        told.push(timeout);
        return [largeFamily(300)];
      },
    };
    // The first document may be shared, so it has the router's whole timeout.
    const { get } = await serve({ source, timeout: 4_000 });
    await get('/metrics', header('1'));
    await get('/metrics', header('2'));
    await get('/metrics', header('60'));
    expect(told).toEqual([4_000, 1_500, 4_000]);
  });

  test.each(['0.05', '0.55', '1e-9'])('shortens the timeout: %s s', async (seconds) => {
    // Without the header the test itself would time out.
    const { get } = await serve({ source: { collect: never }, timeout: 60_000 });
    expect(await get('/metrics', header(seconds))).toMatchObject({ status: 503 });
  });

  test.each(['60', '1e300', 'Infinity', 'garbage', '', ' ', '-1', '0', 'NaN', '1s', '1,2'])(
    'never lengthens it: %p',
    async (seconds) => {
      const { get } = await serve({ source: { collect: never }, timeout: 50 });
      expect(await get('/metrics', header(seconds))).toMatchObject({ status: 503 });
    },
  );

  test.each([
    ['garbage', 10_000],
    ['', 10_000],
    ['-1', 10_000],
    ['0', 10_000],
    ['NaN', 10_000],
    ['60', 10_000],
    // If the timeout is too short to subtract 500 ms, half of it is left.
    ['0.4', 200],
  ])('leaves enough time otherwise: %p', async (seconds, expected) => {
    const told: number[] = [];
    const source: MetricsSource = {
      collect({ timeout }) {
        told.push(timeout);
        return [largeFamily(300)];
      },
    };
    const { get } = await serve({ source });
    // The first document may be shared, so it has the router's whole timeout.
    await get('/metrics');
    await get('/metrics', header(seconds));
    expect(told).toEqual([10_000, expected]);
  });
});

describe('maxInFlight', () => {
  /** Creates a source that returns when the test releases it. */
  function waiting() {
    const answers: (() => void)[] = [];
    const source: MetricsSource = {
      collect: () => new Promise((resolve) => answers.push(() => resolve([queueDepth]))),
    };
    return { answers, source };
  }

  test.each([
    [4, {}],
    [1, { maxInFlight: 1 }],
  ])('allows %i scrapes on both endpoints together, and further ones get a 503', async (limit, options) => {
    const { answers, source } = waiting();
    const { get, port, decisions } = await serve({ source, ...options });
    const first = Array.from({ length: limit }, (_, n) => get(`${paths[n % 2]}?exclude[]=${n}`));
    await until(() => answers.length === limit);

    for (const path of paths) {
      expect(await get(path)).toMatchObject(unavailable(path, 'Too many scrapes in flight'));
      expect(decisions.at(-1)).toMatchObject({ decision: 'deny', reason: 'too-many-scrapes', path });
      expect(await requestPath(port, path, { method: 'HEAD' })).toMatchObject({ status: 200 });
    }
    expect(answers).toHaveLength(limit);

    for (const answer of answers.splice(0)) answer();
    for (const answer of await Promise.all(first)) expect(answer.status).toBe(200);
    const second = get('/metrics');
    await until(() => answers.length === 1);
    answers.pop()?.();
    expect(await second).toMatchObject({ status: 200, text: QUEUE_DEPTH_TEXT });
  });

  test('includes slow readers, and is separate for each router', async () => {
    const busy = await serve({ source: onceThenQueueDepth(() => [largeFamily(30_000)]), maxInFlight: 1 });
    const free = await serve({ source: { collect: () => [queueDepth] }, maxInFlight: 1 });
    const client = connectRaw(busy.port, requestText({ target: '/metrics' }));
    await until(() => busy.decisions.length === 1);
    expect((await busy.get('/metrics')).status).toBe(503);
    expect((await free.get('/metrics')).status).toBe(200);
    client.read();
    await until(async () => (await busy.get('/metrics')).status === 200);
  });
});
