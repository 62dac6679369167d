import { until } from '../../support/clients.ts';
import { startCluster } from '../../support/clusters.ts';

jest.setTimeout(120_000);

/** A series as the JSON document has it: labels, and the value as `@`. */
type Series = Readonly<Record<string, string>> & { readonly '@': { readonly count: number } };

/** Number of requests in a document, by the values of their labels. */
const requestsIn = ({ http_request_duration_seconds: series }: Record<string, unknown>) =>
  Object.fromEntries(
    (series as Series[]).map(({ '@': { count }, ...labels }) => [Object.values(labels).join(' '), count]),
  );

const sumOf = (counts: Record<string, number>) => Object.values(counts).reduce((sum, count) => sum + count, 0);

test.each([
  ['worker processes', { workers: 3 }],
  ['threads', { threads: 2, isPrimaryServing: true }],
])('requests to all %s are summed by method, route and status, whichever is scraped', async (_what, settings) => {
  const { started } = await startCluster({ ...settings, measuresRequests: true });
  expect(started).toHaveLength(3);
  for (const [i, worker] of started.entries()) {
    for (let n = 0; n <= i; n++) await worker.move('job', `kind-${n}`);
    await worker.get(`/scanner-${i}.php`);
  }
  // The last one counts when its connection is closed, which its client may notice first.
  await until(async () => sumOf(requestsIn(await started[0]!.values())) === 9);
  for (const worker of started) {
    const values = await worker.values();
    expect(requestsIn(values)).toEqual({ 'GET /move/:what/:argument 200': 6, 'GET unmatched 404': 3 });
    expect(values.http_requests_in_flight).toEqual({ method: { GET: 0 } });
  }
  const each = Object.entries(requestsIn(await started[0]!.values('/each.json')));
  const ofRoute = each.filter(([labels]) => labels.startsWith('GET /move/:what/:argument 200 '));
  expect(ofRoute.map(([, count]) => count).sort()).toEqual([1, 2, 3]);
});
