import type { MetricFamily, MetricsRouterOptions, MetricsSource, Sample } from '../../lib/index.ts';
import { connectRaw, serve, until } from '../support/clients.ts';
import { requestText } from '../support/raw-http.ts';
import {
  largeSample,
  never,
  onceThenQueueDepth,
  QUEUE_DEPTH_JSON,
  QUEUE_DEPTH_TEXT,
  queueDepth,
  samplesThatFail,
  sourceOf,
} from '../support/scrape-sources.ts';

// Jest fails a test during which a rejection goes unhandled.

const SECRET = new Error('cannot reach db.internal:5432 as admin');
const documents = [
  ['/metrics.json', QUEUE_DEPTH_JSON],
  ['/metrics', QUEUE_DEPTH_TEXT],
] as const;

const fails = () => {
  throw SECRET;
};

/** Creates a source that returns `queue_depth` for the first scrape, and uses `collect` for later ones. */
function queueDepthThen(collect: MetricsSource['collect']): MetricsSource {
  let scrapes = 0;
  return { collect: (scrape) => (scrapes++ === 0 ? [queueDepth] : collect(scrape)) };
}

describe('scrape.report()', () => {
  const reporting = (args: readonly [unknown, string?]): MetricsSource => ({
    collect({ report }) {
      report(args[0], args[1]);
      return [queueDepth];
    },
  });

  test.each([
    ['a family', [SECRET, 'lost'], { phase: 'collect', family: 'lost', error: SECRET }],
    ['no family', [SECRET], { phase: 'collect', error: SECRET }],
    ['undefined', [undefined], { phase: 'collect', error: undefined }],
  ] as const)('of %s is passed to onError, and the scrape continues or fails', async (_what, args, failure) => {
    const source = reporting(args);
    const continuing = await serve({ source });
    expect(await continuing.get('/metrics')).toMatchObject({ status: 200, text: QUEUE_DEPTH_TEXT });
    expect(continuing.failures).toEqual([failure]);

    const failing = await serve({ source, onSourceError: 'fail' });
    expect(await failing.get('/metrics')).toMatchObject({ status: 500 });
    expect(failing.failures).toEqual([failure]);
  });

  test.each(['continue', 'fail'] as const)(
    'of a family that is filtered out has no effect: %s',
    async (onSourceError) => {
      const { get, failures } = await serve({ source: reporting([SECRET, 'lost']), onSourceError });
      expect(await get('/metrics?exclude[]=lost')).toMatchObject({ status: 200, text: QUEUE_DEPTH_TEXT });
      expect(await get('/metrics?name[]=nothing')).toMatchObject({ status: 200, text: '' });
      expect(failures).toHaveLength(2);
    },
  );

  test('is ignored after the scrape', async () => {
    let report: (() => void) | undefined;
    const source: MetricsSource = {
      collect(scrape) {
        report = () => scrape.report(SECRET, 'late');
        return [queueDepth];
      },
    };
    const { get, failures } = await serve({ source, onSourceError: 'fail' });
    expect((await get('/metrics')).status).toBe(200);
    report?.();
    expect((await get('/metrics')).status).toBe(200);
    expect(failures).toEqual([{ phase: 'collect', family: 'late', error: SECRET }]);
  });
});

describe.each([[undefined], [null], [false], [0], ['']])('a source that fails with %p', (error) => {
  const ways: [string, MetricsSource['collect']][] = [
    ['collect() rejects', () => Promise.reject(error)],
    [
      'collect() throws',
      () => {
        throw error;
      },
    ],
    [
      'its families reject',
      async function* () {
        yield Promise.reject(error) as never;
      },
    ],
  ];

  test.each(ways)('gets a 500 and is reported: %s', async (_way, collect) => {
    const { get, failures } = await serve({ source: { collect } });
    expect((await get('/metrics.json')).status).toBe(500);
    expect(failures).toEqual([{ phase: 'collect', error }]);
  });

  test('is reported once when scrapes share it', async () => {
    let fail: (() => void) | undefined;
    const source = queueDepthThen(
      () =>
        new Promise((_resolve, reject) => {
          fail = () => reject(error);
        }),
    );
    const { get, failures, decisions } = await serve({ source });
    await get('/metrics.json');
    const answers = [get('/metrics.json'), get('/metrics.json')];
    await until(() => decisions.length === 3);
    fail?.();
    for (const { status } of await Promise.all(answers)) expect(status).toBe(500);
    expect(failures).toEqual([{ phase: 'collect', error }]);
  });

  test('is reported once when a family and with it the scrape fails', async () => {
    const lost = { ...queueDepth, samples: samplesThatFail(0, error) };
    const { get, failures } = await serve({ source: sourceOf(lost), onSourceError: 'fail' });
    expect((await get('/metrics.json')).status).toBe(500);
    expect(failures).toEqual([{ phase: 'collect', family: 'queue_depth', error }]);
  });
});

test('a source that rejects with the abort reason of another scrape is reported', async () => {
  let pending: Promise<never> | undefined;
  // It collects once for all concurrent scrapes, and listens only to the signal of the first.
  const collect: MetricsSource['collect'] = ({ signal }) => {
    pending ??= new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    });
    return pending;
  };
  for (const version of ['HTTP/1.1', 'HTTP/1.0']) {
    pending = undefined;
    const { port, failures, decisions } = await serve({ source: { collect }, allowHttp10: true });
    const first = connectRaw(port, requestText());
    await until(() => pending !== undefined);
    // A document for HTTP/1.0 is never shared.
    const second = connectRaw(port, `GET /metrics ${version}\r\nHost: 127.0.0.1\r\n\r\n`);
    second.read();
    await until(() => decisions.length === 2);
    first.socket.destroy();
    await until(() => second.received().includes('The metrics could not be collected'));
    expect(second.received()).toMatch(/^HTTP\/1\.1 500 /);
    expect(failures).toEqual([
      { phase: 'collect', error: expect.objectContaining({ code: 'ERR_METRICS_CLIENT_GONE' }) },
    ]);
  }
});

describe('a sample that cannot be written', () => {
  const [good] = queueDepth.samples as readonly Sample[];

  test.each<[string, unknown]>([
    ['null', null],
    ['without labels', { value: 1 }],
    ['with labels that are a getter that throws', Object.defineProperty({ ...good }, 'labels', { get: fails })],
    ['with a value that is a getter that throws', Object.defineProperty({ ...good }, 'value', { get: fails })],
    [
      'with a label that is a getter that throws',
      {
        ...good,
        labels: {
          get queue() {
            return fails();
          },
        },
      },
    ],
    ['with a value that is a text', { ...good, value: '3' }],
    ['with a label that is an object', { ...good, labels: { queue: {} } }],
  ])('is left out and reported: %s', async (_what, sample) => {
    const { get, failures } = await serve({
      source: { collect: () => [{ ...queueDepth, samples: [good, sample] as Sample[] }] },
      onSourceError: 'fail',
    });
    for (const [path, text] of documents) expect(await get(path)).toMatchObject({ status: 200, text });
    expect(failures).toEqual(
      documents.map(() => ({ phase: 'encode', family: 'queue_depth', error: expect.any(Error) })),
    );
  });

  test('is reported a hundred times in a scrape, and the rest is counted', async () => {
    const samples = Array.from({ length: 250 }, () => ({ labels: {}, value: 'bad' as never }));
    const source = sourceOf({ ...queueDepth, samples: [good as Sample, ...samples] });
    const { get, failures } = await serve({ source });
    for (let scrapes = 0; scrapes < 2; scrapes++) {
      expect((await get('/metrics')).text).toBe(QUEUE_DEPTH_TEXT);
      expect(failures).toHaveLength(101);
      expect(failures.pop()).toEqual({
        phase: 'encode',
        error: expect.objectContaining({ message: 'and 150 more losses in this scrape' }),
      });
      expect(failures.splice(0).every(({ family }) => family === 'queue_depth')).toBe(true);
    }
  });

  test('a hundred of them are reported without a count', async () => {
    const samples = Array.from({ length: 100 }, () => ({ labels: {}, value: 'bad' as never }));
    const { get, failures } = await serve({ source: sourceOf({ ...queueDepth, samples }) });
    await get('/metrics');
    expect(failures).toHaveLength(100);
    expect(failures.at(-1)).toHaveProperty('family', 'queue_depth');
  });
});

describe('a hook that fails has no effect', () => {
  test.each<[string, () => unknown]>([
    ['throws', fails],
    ['rejects', () => Promise.reject(SECRET)],
    // biome-ignore lint/suspicious/noThenProperty: the test is about it
    ['returns a thenable that throws', () => ({ then: fails })],
    ['never resolves', never],
  ])('%s', async (_how, hook) => {
    const options = { onError: hook, onDecision: hook, maxInFlight: 1 } as Partial<MetricsRouterOptions>;
    let scrapes = 0;
    const source: MetricsSource = {
      collect({ report }) {
        report(SECRET, 'lost');
        if (scrapes++ === 0) throw SECRET;
        return [{ ...queueDepth, samples: [...(queueDepth.samples as Sample[]), null as never] }];
      },
    };
    const { get } = await serve({ source, ...options });
    expect((await get('/metrics', { Authorization: '' })).status).toBe(403);
    expect((await get('/metrics')).status).toBe(500);
    expect(await get('/metrics')).toMatchObject({ status: 200, text: QUEUE_DEPTH_TEXT });
  });
});

describe("an iterator's return()", () => {
  const cases = [
    { kind: Symbol.iterator, how: 'throws', close: fails },
    { kind: Symbol.iterator, how: 'is none', close: undefined },
    { kind: Symbol.asyncIterator, how: 'throws', close: fails },
    { kind: Symbol.asyncIterator, how: 'rejects', close: () => Promise.reject(SECRET) },
    { kind: Symbol.asyncIterator, how: 'never settles', close: never },
    { kind: Symbol.asyncIterator, how: 'is none', close: undefined },
  ];

  /** Yields the items, and then one more step. */
  function closingWith<T>(kind: symbol, items: T[], close: unknown, last: () => unknown) {
    const next = () => (items.length > 0 ? { done: false, value: items.shift() } : last());
    return { [kind]: () => ({ next, return: close }) } as unknown as Iterable<T>;
  }

  test.each(cases)('that $how ($kind.description) does not keep the slot when the client goes away', async (one) => {
    let pulled = 0;
    const endlessly = () => ({ done: false, value: largeSample(pulled++) });
    const samples = closingWith<Sample>(one.kind, [], one.close, endlessly);
    const families: MetricFamily[] = [{ ...queueDepth, labelNames: ['id', 'noise'], samples }];
    const source = onceThenQueueDepth(() => closingWith(one.kind, families, one.close, never));
    const { port, get, failures } = await serve({ source, maxInFlight: 1 });
    const client = connectRaw(port, requestText({ target: '/metrics' }));
    await until(() => pulled > 0);
    client.socket.destroy();
    await until(async () => (await get('/metrics')).status === 200);
    expect(failures).toEqual([]);
  });

  test.each(cases)('that $how ($kind.description) does not keep the slot of a scrape that fails', async (one) => {
    const lost = { ...queueDepth, name: 'lost', samples: samplesThatFail(0, SECRET) };
    const source = onceThenQueueDepth(() => closingWith(one.kind, [lost], one.close, never));
    const { get, failures } = await serve({ source, maxInFlight: 1, timeout: 50, onSourceError: 'fail' });
    expect([500, 503]).toContain((await get('/metrics')).status);
    expect(await get('/metrics')).toMatchObject({ status: 200 });
    expect(failures[0]).toEqual({ phase: 'collect', family: 'lost', error: SECRET });
  });
});
