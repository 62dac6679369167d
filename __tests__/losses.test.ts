import type { MetricFamily, MetricsRouterOptions } from '../lib/index.ts';
import { requestText, send } from './support/raw-http.ts';
import { closeServers, serveMetrics, watchWarnings } from './support/serve.ts';

let warnings: jest.SpyInstance;
beforeEach(() => {
  warnings = watchWarnings();
});
afterEach(async () => {
  await closeServers();
  jest.restoreAllMocks();
});

describe('without onError, a loss leaves a trace', () => {
  const failing = { collect: () => Promise.reject(new Error('c2VjcmV0')) };
  const misfit: MetricFamily = { name: 'lost', type: 'gauge', samples: [{ labels: {}, value: 'text' as never }] };

  test.each<[string, MetricsRouterOptions['source'], number, string]>([
    ['of a source that fails', failing, 500, 'the source failed, was late or lost a family.'],
    ['of a sample', { collect: () => [misfit] }, 200, 'a family or a sample could not be written and was left out.'],
  ])('%s, once and without its error', async (_case, source, status, loss) => {
    const { server } = await serveMetrics({ source });
    for (let n = 0; n < 2; n++) expect((await send(server, requestText())).status).toBe(status);
    expect(warnings.mock.calls).toEqual([
      [
        `metricsRouter: ${loss} (said once; onError or NODE_DEBUG=express-metrics-json tell of each, and why)`,
        'MetricsLossWarning',
      ],
    ]);
  });

  test('and with it, the hook alone is told', async () => {
    const onError = jest.fn();
    const { server } = await serveMetrics({ source: failing, onError });
    await send(server, requestText());
    expect([onError.mock.calls.length, warnings.mock.calls]).toEqual([1, []]);
  });
});
