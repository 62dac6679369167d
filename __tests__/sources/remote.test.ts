import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { Counter, Histogram, Registry } from 'prom-client';
import { combineSources } from '../../lib/sources/combine.ts';
import { remoteSource } from '../../lib/sources/remote.ts';
import { requestPath, serve } from '../support/clients.ts';
import { collectAll } from '../support/collect.ts';
import { parseText } from '../support/parse-text.ts';
import { JSON_TYPE, OPEN_METRICS_TYPE, serving, TEXT_TYPE, upstream } from '../support/upstreams.ts';

const JSON_DOCUMENT =
  '{\n"queue_depth":{"help":"messages waiting","type":"gauge","value":{"queue":{"a":3.0,"b":4.5}}},\n' +
  '"sent_total":{"type":"counter","value":[{"pool":"p1","source":"s1","@":4.0},{"pool":"p2","@":0.0}]},\n' +
  '"size":{"type":"histogram","value":{"count":3,"sum":0.9,"avg":0.3,"bucket":[[0.1,0.0],[0.5,3.0]]}}\n}\n';
const TEXT_DOCUMENT =
  '# HELP queue_depth messages waiting\n# TYPE queue_depth gauge\nqueue_depth{queue="a"} 3\nqueue_depth{queue="b"} 4.5\n' +
  '# TYPE sent_total counter\nsent_total{pool="p1",source="s1"} 4\nsent_total{pool="p2"} 0\n' +
  '# TYPE size histogram\nsize_bucket{le="0.1"} 0\nsize_bucket{le="0.5"} 3\nsize_bucket{le="+Inf"} 3\nsize_sum 0.9\nsize_count 3\n';
const OPEN_METRICS_DOCUMENT = `${TEXT_DOCUMENT.replace('TYPE sent_total', 'TYPE sent')}# EOF\n`;

const FORMATS = [
  ['json', JSON_TYPE, JSON_DOCUMENT],
  ['prometheus', TEXT_TYPE, TEXT_DOCUMENT],
  ['openmetrics', OPEN_METRICS_TYPE, OPEN_METRICS_DOCUMENT],
] as const;

describe.each(FORMATS)('an upstream that serves %s', (format, type, document) => {
  test('is served on in both formats, byte for byte where it is written in the same way', async () => {
    const { url } = await upstream(serving(type, document));
    const { get, failures } = await serve({ source: remoteSource(url) });
    expect((await get('/metrics.json')).text).toBe(JSON_DOCUMENT);
    expect((await get('/metrics')).text).toBe(TEXT_DOCUMENT);
    expect(failures).toEqual([]);
  });

  test('may say that it is something else, when it was said what it is', async () => {
    const { url } = await upstream(serving('text/html', document));
    const { families } = await collectAll(remoteSource(url, { format }));
    expect(families.map(({ name }) => name)).toEqual(['queue_depth', 'sent_total', 'size']);
  });

  test.each([
    ['gzip', gzipSync],
    ['X-Gzip', gzipSync],
    ['br', brotliCompressSync],
    ['deflate', deflateSync],
    ['identity', (text: string) => text],
  ])('may compress it: %s', async (coding, compress) => {
    const { url } = await upstream(serving(type, compress(document), { 'Content-Encoding': coding }));
    const { get } = await serve({ source: remoteSource(url) });
    expect((await get('/metrics.json')).text).toBe(JSON_DOCUMENT);
  });

  test('is given what is wanted alone', async () => {
    const { url } = await upstream(serving(type, document));
    const { get } = await serve({ source: remoteSource(url) });
    expect((await get('/metrics.json?name[]=size')).text).toBe(`{\n${JSON_DOCUMENT.split('\n')[3]}\n}\n`);
    expect((await get('/metrics?exclude[]=size&exclude[]=queue_depth&prefix=up_')).text).toBe(
      '# TYPE up_sent_total counter\nup_sent_total{pool="p1",source="s1"} 4\nup_sent_total{pool="p2"} 0\n',
    );
  });
});

describe.each(['text/html; charset=UTF-8', 'application/octet-stream', undefined])(
  'text that is said to be %s',
  (type) => {
    test('is read, as Prometheus does', async () => {
      const { url } = await upstream(serving(type, TEXT_DOCUMENT));
      const { get, failures } = await serve({ source: remoteSource(url) });
      expect((await get('/metrics')).text).toBe(TEXT_DOCUMENT);
      expect((await get('/metrics?name[]=other')).text).toBe('');
      expect(failures).toEqual([]);
    });

    test.each([
      ['no families', '# maintenance\n', /^expected the Content-Type of a metrics document, got/],
      ['another first line', '<p>login</p>\n', /^expected the Content-Type of a metrics document, got/],
      ['a malformed line', 'a 1\nb two\n', /^line 2: expected a number, got "two"$/],
    ])('is refused with %s', async (_, document, reason) => {
      const { url } = await upstream(serving(type, document));
      const error = await collectAll(remoteSource(url)).catch((error) => error);
      expect(error.message.replace(`${url}: `, '')).toMatch(reason);
    });
  },
);

test("KumoMTA's own document is passed on as it is", async () => {
  const document = readFileSync(join(__dirname, '../vectors/kumomta-sample.json'), 'utf8');
  const { url } = await upstream(serving('application/json', document));
  const { get } = await serve({ source: remoteSource(url) });
  expect(JSON.parse((await get('/metrics.json')).text)).toEqual(JSON.parse(document));
});

test("prom-client's OpenMetrics is passed on, exemplars too", async () => {
  const registry = new Registry();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);
  const options = { help: 'h', labelNames: ['code'], registers: [registry], enableExemplars: true };
  new Counter({ name: 'sent', ...options }).inc({
    labels: { code: 'a"b\n' },
    value: 2,
    exemplarLabels: { trace_id: 't1' },
  } as never);
  new Histogram({ name: 'latency', buckets: [0.1, 1], ...options }).observe({
    labels: { code: '200' },
    value: 0.5,
    exemplarLabels: { trace_id: 't2' },
  } as never);
  const document = await registry.metrics();
  const { url } = await upstream(serving(registry.contentType, document));
  const { get, failures } = await serve({ source: remoteSource(url), openMetrics: true });
  const { text } = await get('/metrics', { accept: 'application/openmetrics-text' });
  expect(parseText(text, 'openmetrics')).toEqual(parseText(document, 'openmetrics'));
  expect(text).toContain(' # {trace_id="t2"} 0.5 ');
  expect(failures).toEqual([]);
});

describe('the request', () => {
  test('is the same for each scrape, whatever was asked', async () => {
    const { url, requests } = await upstream(serving(JSON_TYPE, JSON_DOCUMENT));
    const { port } = await serve({ source: remoteSource(`${url}?token=a%20b`), openMetrics: true });
    await requestPath(port, '/metrics.json');
    await requestPath(port, '/metrics?name[]=queue_depth&prefix=x', {
      headers: {
        accept: 'application/openmetrics-text',
        'accept-encoding': 'br',
        cookie: 'session=1',
        'user-agent': 'Prometheus/3.0',
        'x-prometheus-scrape-timeout-seconds': '3',
        traceparent: '00-1-2-03',
        'x-anything': 'y',
      },
    });
    expect(requests).toHaveLength(2);
    expect(requests[1]).toEqual(requests[0]);
    expect(requests[0]).toEqual([
      'GET /metrics?token=a%20b',
      'user-agent: express-metrics-json',
      'accept: application/openmetrics-text;version=1.0.0;escaping=allow-utf-8,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.5,application/json;q=0.1',
      'accept-encoding: gzip, br, deflate',
      `Host: ${new URL(url).host}`,
      'Connection: close',
    ]);
  });

  test('has the headers that were set, once each', async () => {
    const { url, requests } = await upstream(serving(JSON_TYPE, '{}'));
    const headers = { Authorization: 'Bearer a', 'USER-AGENT': 'me', Host: 'metrics.internal' };
    await collectAll(remoteSource(url, { headers, format: 'json' }));
    expect(requests).toEqual([
      [
        'GET /metrics',
        'user-agent: me',
        'authorization: Bearer a',
        'host: metrics.internal',
        'accept: application/json',
        'accept-encoding: gzip, br, deflate',
        'Connection: close',
      ],
    ]);
  });
});

describe('fixed labels', () => {
  const labels = { instance: 'mta-1' };

  test.each(FORMATS)('stand on each series of %s', async (_, type, document) => {
    const { url } = await upstream(serving(type, document));
    const { get } = await serve({ source: remoteSource(url, { labels }) });
    expect((await get('/metrics.json')).text).toBe(
      '{\n"queue_depth":{"help":"messages waiting","type":"gauge","value":[{"queue":"a","instance":"mta-1","@":3.0},{"queue":"b","instance":"mta-1","@":4.5}]},\n' +
        '"sent_total":{"type":"counter","value":[{"pool":"p1","source":"s1","instance":"mta-1","@":4.0},{"pool":"p2","instance":"mta-1","@":0.0}]},\n' +
        '"size":{"type":"histogram","value":{"instance":{"mta-1":{"count":3,"sum":0.9,"avg":0.3,"bucket":[[0.1,0.0],[0.5,3.0]]}}}}\n}\n',
    );
  });

  test.each([
    ['the label', '{"m":{"type":"gauge","value":{"instance":{"a":1}}}}', { exported_instance: 'a', ...labels }],
    [
      'what it would become too',
      '{"m":{"type":"gauge","value":[{"exported_instance":"b","instance":"a","@":1}]}}',
      { exported_instance: 'b', exported_exported_instance: 'a', ...labels },
    ],
    [
      '__proto__',
      '{"m":{"type":"gauge","value":{"__proto__":{"a":1}}}}',
      JSON.parse('{"__proto__":"a","instance":"mta-1"}'),
    ],
  ])('win where a series has %s', async (_, document, expected) => {
    const { url } = await upstream(serving(JSON_TYPE, document));
    const { families } = await collectAll(remoteSource(url, { labels }));
    expect(families.map(({ samples }) => samples)).toEqual([[{ labels: expected, value: 1 }]]);
    const { get, failures } = await serve({ source: remoteSource(url, { labels }) });
    expect((await get('/metrics.json')).status).toBe(200);
    expect(failures).toEqual([]);
  });
});

test('labels that give way to fixed ones do not fall together', async () => {
  const series = '[{"instance":"1","exported_instance":"2","@":1},{"instance":"9","@":2}]';
  const { url } = await upstream(serving(JSON_TYPE, `{"m":{"type":"gauge","value":${series}}}`));
  const fixed = { instance: 'I', exported_instance: 'E' };
  const { families } = await collectAll(remoteSource(url, { labels: fixed }));
  expect(families[0]?.samples.map(({ labels }) => labels)).toEqual([
    { exported_exported_instance: '1', exported_exported_exported_instance: '2', ...fixed },
    { exported_exported_instance: '9', ...fixed },
  ]);
});

test.each(FORMATS)('label sets of %s are the same objects from scrape to scrape', async (_, type, document) => {
  const { url } = await upstream(serving(type, document));
  const source = remoteSource(url, { labels: { instance: 'mta-1' } });
  const labelSets = async () =>
    (await collectAll(source)).families.flatMap(({ samples }) => samples.map(({ labels }) => labels));
  const before = await labelSets();
  const after = await labelSets();
  expect(after.map((labels, i) => labels === before[i])).toEqual(Array(5).fill(true));
});

test('several upstreams make one document, whatever their formats', async () => {
  const upstreams = await Promise.all(FORMATS.map(([, type, document]) => upstream(serving(type, document))));
  const remotes = upstreams.map(({ url }, i) => remoteSource(url, { labels: { instance: `${i}` } }));
  const { get, failures } = await serve({ source: combineSources(remotes, { join: true }) });
  const series = TEXT_DOCUMENT.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const { text } = await get('/metrics');
  expect(text.match(/^# TYPE .*$/gm)).toEqual(TEXT_DOCUMENT.match(/^# TYPE .*$/gm));
  expect(text.match(/^(?!#).+$/gm)).toHaveLength(3 * series.length);
  expect(text).toMatch(/^sent_total\{pool="p2",instance="2"\} 0$/m);
  expect(failures).toEqual([]);
});

describe('with up,', () => {
  const labels = { instance: 'mta-1' };
  const names = ['remote_up', 'remote_scrape_duration_seconds', 'remote_scrape_body_size_bytes'];

  test('families of the upstream itself come last', async () => {
    const { url } = await upstream(serving(JSON_TYPE, gzipSync(JSON_DOCUMENT), { 'Content-Encoding': 'gzip' }));
    const { families, reports } = await collectAll(remoteSource(url, { up: true, labels }));
    expect(families.map(({ name }) => name)).toEqual(['queue_depth', 'sent_total', 'size', ...names]);
    expect(families.slice(3)).toMatchObject([
      { type: 'gauge', labelNames: ['instance'], samples: [{ labels, value: 1 }] },
      { samples: [{ labels, value: expect.any(Number) }] },
      { samples: [{ labels, value: JSON_DOCUMENT.length }] },
    ]);
    expect(families[4]?.samples[0]?.value).toBeGreaterThan(0);
    expect(reports).toEqual([]);
  });

  test('an upstream that is down is reported, and the scrape does not fail', async () => {
    const { server, url } = await upstream(serving(JSON_TYPE, JSON_DOCUMENT));
    server.close();
    const { get, failures } = await serve({ source: remoteSource(url, { up: true }) });
    expect((await get('/metrics')).text).toMatch(/^remote_up 0$/m);
    expect(failures).toMatchObject([{ phase: 'collect', error: { code: 'ERR_METRICS_UPSTREAM_FAILED' } }]);
  });

  test('what came before the failure is given', async () => {
    const document = `${JSON_DOCUMENT.slice(0, -2)},"bad":{"type":"gauge","value":{"q":{"a":NaN}}}}`;
    const { url } = await upstream(serving(JSON_TYPE, document));
    const { families, reports } = await collectAll(remoteSource(url, { up: true }));
    expect(families.map(({ name }) => name)).toEqual(['queue_depth', 'sent_total', 'size', ...names]);
    expect(families[3]?.samples).toEqual([{ labels: {}, value: 0 }]);
    expect(reports).toEqual([expect.stringMatching(/^scrape: http:\S+: byte \d+: expected a value, got "NaN}}}}"$/)]);
  });

  test('they can be asked for alone, or left out', async () => {
    const { url } = await upstream(serving(JSON_TYPE, JSON_DOCUMENT));
    const { get } = await serve({ source: remoteSource(url, { up: true }) });
    expect((await get('/metrics?name[]=remote_up')).text).toMatch(/^# HELP .*\n# TYPE remote_up gauge\nremote_up 1\n$/);
    expect((await get('/metrics?exclude[]=remote_up')).text).not.toContain('remote_up');
  });
});
