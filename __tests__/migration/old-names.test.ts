import type { RequestMetricsOptions } from '../../lib/sources/requests.ts';
import { type HistogramNames, histogramIn, oldNames } from '../support/old-names.ts';
import { requestText, send } from '../support/raw-http.ts';
import { requestedText } from '../support/requested-text.ts';
import { closeServers } from '../support/serve.ts';
import { migrationPage } from './page.ts';
import { endPrograms, run } from './program.ts';

// Docs: docs/sources/requests.md. `npm run test:package` does the same with the packages that are not installed here.

afterEach(async () => {
  await endPrograms();
  await closeServers();
});

const FAMILY = 'http_request_duration_seconds';

async function bundleNames(): Promise<HistogramNames> {
  const { server } = await run(migrationPage('express-prom-bundle.md').before);
  const headers = ['Connection: close'];
  await send(server, requestText({ method: 'POST', target: '/jobs/mail', headers }));
  return histogramIn((await send(server, requestText({ method: 'GET', target: '/metrics', headers }))).body, FAMILY);
}

test("the page's options give the labels and buckets of express-prom-bundle", async () => {
  const { options, families, labels, buckets } = oldNames().get('express-prom-bundle 8')!;
  const names = await bundleNames();
  expect(names.labelSets).toEqual([{ method: 'POST', path: '/jobs/mail', status_code: '202' }]);
  expect([families, labels, [...buckets!, Number.POSITIVE_INFINITY]]).toEqual([
    [FAMILY],
    Object.keys(names.labelSets[0]!).sort(),
    names.bounds,
  ]);

  const withBuckets: RequestMetricsOptions = { ...options, buckets };
  const { labelSets, bounds } = histogramIn(await requestedText(withBuckets), FAMILY);
  expect(labelSets).toEqual([{ method: 'POST', path: '/jobs/:kind', status_code: '202' }]);
  expect(bounds).toEqual(names.bounds);
});

test('the page has a row for each of these packages', () => {
  expect([...oldNames().keys()]).toEqual([
    'express-prom-bundle 8',
    'prometheus-api-metrics 4',
    'express-prometheus-middleware 1',
    'swagger-stats 0.99',
    "OpenTelemetry's HTTP instrumentation",
  ]);
});
