import { type MetricFamily, MetricsError, type MetricsRouterOptions } from '../../lib/index.ts';
import { requestText, send } from '../support/raw-http.ts';
import { samplesThatFail } from '../support/scrape-sources.ts';
import { closeServers, serveMetrics, watchWarnings } from '../support/serve.ts';

let warnings: jest.SpyInstance;
beforeEach(() => {
  warnings = watchWarnings();
});
afterEach(async () => {
  await closeServers();
  jest.restoreAllMocks();
});

const once =
  '(once per kind of loss and family, for the first 10 families; onError or NODE_DEBUG=express-metrics-json report each, with its error)';

describe('without onError, a process warning reports', () => {
  const SECRET = 'c2VjcmV0';
  const failing = { collect: () => Promise.reject(new Error(SECRET)) };
  const gauge = (name: string, samples: MetricFamily['samples']): MetricFamily => ({ name, type: 'gauge', samples });
  const unwritable = [{ labels: {}, value: SECRET as never }];

  test.each<[string, NonNullable<MetricsRouterOptions['source']>, number, string]>([
    ['of a source that fails', failing, 500, 'the source failed, was late or reported an error.'],
    [
      'of a source that is late',
      { collect: () => new Promise(() => {}) },
      503,
      'the source failed, was late or reported an error: ERR_METRICS_SOURCE_TIMEOUT.',
    ],
    [
      'of a family that fails',
      { collect: () => [gauge('up', []), gauge('lost', samplesThatFail(0, new Error(SECRET)))] },
      200,
      'the family "lost" could not be collected.',
    ],
    [
      'of a family that the source reports',
      {
        *collect({ report }) {
          report(new Error(SECRET), 'lost');
          yield gauge('up', []);
        },
      },
      200,
      'the family "lost" could not be collected.',
    ],
    [
      'of a family that comes twice',
      { collect: () => [gauge('up', []), gauge('up', [])] },
      200,
      'the family "up" was left out: ERR_METRICS_INVALID_FAMILY. The name "up" is another family\'s already, which is kept.',
    ],
    [
      'of a family that says it is invalid',
      {
        collect: () => [
          gauge('up', []),
          gauge('lost', samplesThatFail(0, new MetricsError('ERR_METRICS_INVALID_FAMILY', SECRET))),
        ],
      },
      200,
      'the family "lost" was left out: ERR_METRICS_INVALID_FAMILY.',
    ],
    [
      'of a family without a name',
      { collect: () => [gauge('up', []), { type: 'gauge', samples: [] } as never] },
      200,
      'a family was left out: ERR_METRICS_INVALID_FAMILY.',
    ],
    [
      'of a sample',
      { collect: () => [gauge('lost', unwritable)] },
      200,
      'a sample or exemplar of the family "lost" was left out: ERR_METRICS_INVALID_SAMPLE.',
    ],
    [
      'of a name that a source took from somewhere',
      { collect: () => [gauge(`\n${'x'.repeat(100)}`, unwritable)] },
      200,
      `a sample or exemplar of the family "\\u000a${'x'.repeat(55)}..." was left out: ERR_METRICS_INVALID_SAMPLE.`,
    ],
  ])('%s, once and without its error', async (_case, source, status, loss) => {
    const { server } = await serveMetrics({ source, timeout: 50 });
    for (let n = 0; n < 2; n++) expect((await send(server, requestText())).status).toBe(status);
    expect(warnings.mock.calls).toEqual([[`metricsRouter: ${loss} ${once}`, 'MetricsLossWarning']]);
  });

  test('a document that is cut off', async () => {
    const { server } = await serveMetrics({
      source: { collect: () => [gauge('lost', samplesThatFail(1, new Error(SECRET)))] },
    });
    expect((await send(server, requestText({ target: '/metrics' })).catch(() => undefined))?.isComplete).not.toBe(true);
    expect(warnings.mock.calls).toEqual([
      [
        `metricsRouter: a document was cut off: "family \\"lost\\" failed after its first sample". ${once}`,
        'MetricsLossWarning',
      ],
    ]);
  });

  test('each family and kind of loss, for the first ten families of a kind', async () => {
    const names = Array.from({ length: 12 }, (_, n) => `family_${n}`);
    const all = () => names.flatMap((name) => [gauge(name, unwritable), gauge(name, [])]);
    const { server } = await serveMetrics({ source: { collect: all } });
    for (let n = 0; n < 2; n++) await send(server, requestText());
    const texts = warnings.mock.calls.map(([text]) => text as string);
    const of = (kind: string) => texts.filter((text) => text.includes(kind));
    expect([texts.length, of('ERR_METRICS_INVALID_SAMPLE').length, of('ERR_METRICS_INVALID_FAMILY').length]).toEqual([
      20, 10, 10,
    ]);
    for (const name of names.slice(0, 10)) expect(of(`"${name}"`)).toHaveLength(2);
  });

  test('nothing when a client disconnects', async () => {
    let isAborted = false;
    const collected = new Promise<void>((resolve) => {
      const collect = ({ signal }: { signal: AbortSignal }) =>
        new Promise<never>(() => {
          signal.addEventListener('abort', () => {
            isAborted = true;
          });
          resolve();
        });
      void serveMetrics({ source: { collect } }).then(({ server }) => {
        void send(server, requestText()).catch(() => undefined);
        void collected.then(() => server.closeAllConnections());
      });
    });
    await collected;
    while (!isAborted) await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(warnings).not.toHaveBeenCalled();
  });

  test('nothing with onError, which is called instead', async () => {
    const onError = jest.fn();
    const { server } = await serveMetrics({ source: failing, onError });
    await send(server, requestText());
    expect([onError.mock.calls.length, warnings.mock.calls]).toEqual([1, []]);
  });
});
