import type { MetricFamily, MetricsSource, RefusalReason } from '../../lib/index.ts';
import { connectRaw, requestPath, type Service, serve, settledValue, until } from '../support/clients.ts';
import { requestText } from '../support/raw-http.ts';
import { endless, largeFamily, never, queueDepth, samplesThatFail, sourceOf } from '../support/scrape-sources.ts';

const FAMILIES = {
  metrics_endpoint_scrapes_total: 'counter',
  metrics_endpoint_scrape_duration_seconds: 'histogram',
  metrics_endpoint_response_bytes_total: 'counter',
  metrics_endpoint_scrapes_in_flight: 'gauge',
  metrics_endpoint_refusals_total: 'counter',
  metrics_endpoint_families_lost_total: 'counter',
  metrics_endpoint_samples_lost_total: 'counter',
};

/** The values of the endpoint's own families, without the beginning of their names. */
async function ownValues({ get }: Pick<Service, 'get'>) {
  const names = Object.keys(FAMILIES).map((name) => `name[]=${name}`);
  const { text } = await get(`/metrics.json?${names.join('&')}`);
  const families = Object.entries<{ value: unknown }>(JSON.parse(text));
  // biome-ignore lint/suspicious/noExplicitAny: a document
  return Object.fromEntries(families.map(([name, { value }]) => [name.slice(17), value])) as Record<string, any>;
}

test('they are left out by default', async () => {
  const { get } = await serve({ source: sourceOf(queueDepth) });
  expect(Object.keys(JSON.parse((await get('/metrics.json')).text))).toEqual(['queue_depth']);
  expect((await get('/metrics')).text).not.toContain('metrics_endpoint');
});

test('they come after the families of the source, on both endpoints', async () => {
  const { get } = await serve({ source: sourceOf(queueDepth), selfMetrics: true });
  const families: Record<string, { type: string; help: string }> = JSON.parse((await get('/metrics.json')).text);
  const types = Object.fromEntries(Object.entries(families).map(([name, { type }]) => [name, type]));
  expect(types).toEqual({ queue_depth: 'gauge', ...FAMILIES });
  expect(Object.keys(types)).toEqual(['queue_depth', ...Object.keys(FAMILIES)]);
  for (const { help } of Object.values(families)) expect(help).toMatch(/^\w.*/);

  const { text } = await get('/metrics');
  expect([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type])).toEqual(
    Object.entries(types),
  );
});

test('before anything happened they are there, without samples or zero', async () => {
  const { get } = await serve({ source: sourceOf(queueDepth), selfMetrics: true });
  expect(await ownValues({ get })).toEqual({
    scrapes_total: null,
    scrape_duration_seconds: expect.objectContaining({ count: 0, sum: 0, avg: 0 }),
    response_bytes_total: 0,
    scrapes_in_flight: 1,
    refusals_total: null,
    families_lost_total: 0,
    samples_lost_total: 0,
  });
});

test('each way in which a scrape can end is counted as an outcome of its own', async () => {
  let collect: MetricsSource['collect'] = () => [queueDepth];
  const stalling = endless();
  const service = await serve({
    source: { collect: (scrape) => collect(scrape) },
    selfMetrics: true,
    allowHttp10: true,
    maxInFlight: 1,
    timeout: 100,
    stallTimeout: 100,
  });
  const { get, port } = service;
  const cut: MetricFamily = { ...queueDepth, labelNames: ['id', 'noise'], samples: [] };
  const raw = (text: string) => {
    const client = connectRaw(port, text);
    client.read();
    return client.closed;
  };

  const outcomes: [string, MetricsSource['collect'], () => Promise<unknown>][] = [
    ['complete', () => [queueDepth], () => get('/metrics')],
    ['failed', () => Promise.reject(new Error('lost')), () => get('/metrics')],
    ['timeout', never, () => get('/metrics')],
    ['too-large', () => [largeFamily(5_000)], () => raw('GET /metrics HTTP/1.0\r\n\r\n')],
    [
      'cut',
      () => [{ ...cut, samples: samplesThatFail(500, new Error('lost')) }],
      () => raw(requestText({ target: '/metrics' })),
    ],
    [
      'stalled',
      stalling.collect,
      async () => {
        connectRaw(port, requestText({ target: '/metrics' }));
        await until(() => stalling.returned === 1);
      },
    ],
    [
      'aborted',
      stalling.collect,
      async () => {
        const client = connectRaw(port, requestText({ target: '/metrics' }));
        const pulled = stalling.pulled;
        await until(() => stalling.pulled > pulled);
        client.socket.destroy();
        await until(() => stalling.returned === 2);
      },
    ],
  ];
  for (const [, behaviour, scrape] of outcomes) {
    collect = behaviour;
    await scrape();
  }
  collect = () => [];
  await until(async () => (await get('/metrics?name[]=nothing')).status === 200);
  expect(await ownValues(service)).toMatchObject({
    scrapes_total: [
      { format: 'prometheus-text', outcome: 'complete', '@': 2 },
      ...outcomes.slice(1).map(([outcome]) => ({ format: 'prometheus-text', outcome, '@': 1 })),
    ],
    scrape_duration_seconds: { count: 8 },
    scrapes_in_flight: 1,
  });
});

test('scrapes are counted by format, and HEAD is none', async () => {
  const service = await serve({ source: sourceOf(queueDepth), selfMetrics: true, openMetrics: true });
  await service.get('/metrics.json');
  await service.get('/metrics.json');
  await service.get('/metrics');
  await service.get('/metrics', { Accept: 'application/openmetrics-text' });
  await requestPath(service.port, '/metrics', { method: 'HEAD' });
  expect((await ownValues(service)).scrapes_total).toEqual([
    { format: 'json', outcome: 'complete', '@': 2 },
    { format: 'prometheus-text', outcome: 'complete', '@': 1 },
    { format: 'openmetrics', outcome: 'complete', '@': 1 },
  ]);
});

test('durations are a histogram whose buckets are cumulative', async () => {
  const service = await serve({ source: sourceOf(queueDepth), selfMetrics: true });
  for (let scrapes = 0; scrapes < 5; scrapes++) await service.get('/metrics');
  const { count, sum, bucket } = (await ownValues(service)).scrape_duration_seconds;
  expect(count).toBe(5);
  expect(sum).toBeGreaterThan(0);
  const counts = bucket.map(([, value]: [number, number]) => value);
  expect(counts).toEqual([...counts].sort((a, b) => a - b));
  expect(bucket.at(-1)).toEqual([10, 5]);
});

test.each(['identity', 'gzip', 'br'])('bytes are those that were sent, in %s', async (coding) => {
  let families = [queueDepth];
  const service = await serve({ source: { collect: () => families }, selfMetrics: true });
  const headers = { 'Accept-Encoding': coding };
  let bytes = (await service.get('/metrics', headers)).body.length;
  families = [largeFamily(300)];
  bytes += (await service.get('/metrics', headers)).body.length;
  expect((await ownValues(service)).response_bytes_total).toBe(bytes);
});

test('scrapes in flight include those that are being waited for', async () => {
  const held: ((families: MetricFamily[]) => void)[] = [];
  const source: MetricsSource = {
    collect: () => (held.length < 2 ? new Promise((resolve) => held.push(resolve)) : []),
  };
  const service = await serve({ source, selfMetrics: true });
  const waiting = [service.get('/metrics?exclude[]=a'), service.get('/metrics?exclude[]=b')];
  await until(() => held.length === 2);
  expect((await ownValues(service)).scrapes_in_flight).toBe(3);
  for (const resolve of held) resolve([]);
  await Promise.all(waiting);
  expect((await ownValues(service)).scrapes_in_flight).toBe(1);
});

test('refusals are counted by reason, and nothing is labelled by address', async () => {
  const service = await serve({ source: sourceOf(queueDepth), selfMetrics: true });
  const requests: [RefusalReason, Parameters<typeof requestPath>[1], Parameters<typeof requestPath>[2]][] = [
    ['http-authentication', '/metrics', { headers: { Authorization: 'Basic c2NyYXBlcjpzZWNyZXQ=' } }],
    ['http-authentication', '/metrics.json', { headers: { Authorization: '' } }],
    ['unexpected-forwarding-header', '/metrics', { headers: { 'X-Forwarded-For': '203.0.113.7' } }],
    ['bad-query', '/metrics?name[]=', {}],
    ['method', '/metrics', { method: 'DELETE' }],
  ];
  for (const [, path, options] of requests)
    expect((await requestPath(service.port, path, options)).status).toBeGreaterThan(399);
  expect((await ownValues(service)).refusals_total).toEqual({
    reason: { 'http-authentication': 2, 'unexpected-forwarding-header': 1, 'bad-query': 1, method: 1 },
  });
  const { text } = await service.get('/metrics');
  const labels = [...text.matchAll(/^metrics_endpoint_\w+\{(.*)\} /gm)].flatMap(([, labels]) =>
    labels?.match(/\w+(?==)/g),
  );
  expect(new Set(labels)).toEqual(new Set(['format', 'outcome', 'reason', 'le']));
  expect(text).not.toMatch(/127\.0\.0\.1|203\.0\.113\.7|DELETE|Basic/);
});

test('families and samples that were lost are counted', async () => {
  const source: MetricsSource = {
    collect({ report }) {
      report(new Error('lost'), 'reported');
      report(new Error('something else was lost'));
      const failing = { ...queueDepth, name: 'failing', samples: samplesThatFail(0, new Error('lost')) };
      const bad = { labels: {}, value: 'bad' as never };
      return [queueDepth, queueDepth, failing, { ...queueDepth, name: 'bad_samples', samples: [bad, bad, bad] }];
    },
  };
  const service = await serve({ source, selfMetrics: true });
  await service.get('/metrics');
  const { families_lost_total, samples_lost_total } = await ownValues(service);
  // Those of the scrape under way are filtered out.
  expect(families_lost_total).toBe(3);
  expect(samples_lost_total).toBe(3);
});

test('they obey filters and prefixes', async () => {
  const { get } = await serve({ source: sourceOf(queueDepth), selfMetrics: true });
  const { text } = await get('/metrics?name[]=metrics_endpoint_scrapes_in_flight&prefix=mail_');
  expect(text).toBe(
    '# HELP mail_metrics_endpoint_scrapes_in_flight Scrapes that have not ended.\n' +
      '# TYPE mail_metrics_endpoint_scrapes_in_flight gauge\n' +
      'mail_metrics_endpoint_scrapes_in_flight 1\n',
  );
  expect((await get('/metrics?exclude[]=metrics_endpoint_scrapes_in_flight')).text).not.toContain('in_flight');
});

test('they do not make up for a source that lost everything', async () => {
  const failing = { ...queueDepth, samples: { [Symbol.iterator]: () => samplesThatFail(0, new Error('lost')) } };
  const { get } = await serve({ source: sourceOf(failing), selfMetrics: true });
  expect((await get('/metrics')).status).toBe(500);
});

test('each router has its own', async () => {
  const [one, other] = [
    await serve({ source: sourceOf(queueDepth), selfMetrics: true }),
    await serve({ source: sourceOf(queueDepth), selfMetrics: true }),
  ];
  await one.get('/metrics');
  expect((await ownValues(one)).scrapes_total).not.toBeNull();
  expect((await ownValues(other)).scrapes_total).toBeNull();
});

test('they are counted even while they are left out of a document', async () => {
  const source = endless();
  const service = await serve({ source, selfMetrics: true });
  const client = connectRaw(service.port, requestText({ target: '/metrics?exclude[]=metrics_endpoint_scrapes_total' }));
  await until(() => source.pulled > 0);
  await settledValue(() => source.pulled);
  client.socket.destroy();
  await until(() => source.returned === 1);
  const { scrapes_total } = await ownValues(service);
  expect(scrapes_total).toEqual([{ format: 'prometheus-text', outcome: 'aborted', '@': 1 }]);
});
