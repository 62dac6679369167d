import { combineSources, limitSeries, type MetricFamily, type MetricsSource } from '../../lib/index.ts';
import { markFor } from '../../lib/model/series-mark.ts';
import { clusterSource } from '../../lib/sources/cluster.ts';
import { remoteSource } from '../../lib/sources/remote.ts';
import { serve } from '../support/clients.ts';
import { JSON_TYPE, OPEN_METRICS_TYPE, serving, TEXT_TYPE, upstream } from '../support/upstreams.ts';

// A histogram that cannot be served as one is served as its series, which are families with other names.

const JSON_DOCUMENT = `{
  "h": {"type": "histogram", "value": {"count": 1.5, "sum": 2, "bucket": [[1, 0.5]]}},
  "h_other": {"type": "gauge", "value": 1}
}`;
const TEXT_DOCUMENT = `# TYPE h histogram
h_bucket{le="1"} 0.5
h_bucket{le="+Inf"} 1.5
h_sum 2
h_count 1.5
# TYPE h_other gauge
h_other 1
`;
const HEADER_LAST = `${TEXT_DOCUMENT.replace('# TYPE h histogram\n', '')}# TYPE h histogram\n`;

const remote = async (type: string, document: string) => remoteSource((await upstream(serving(type, document))).url);

/** Joins a histogram with a gauge of the same name. */
function joined(): MetricsSource {
  const family = (type: MetricFamily['type'], name: string, value: MetricFamily['samples']) => ({
    type,
    name,
    samples: value,
  });
  const value = { count: 3, sum: 2, bounds: [1], cumulativeCounts: [1] };
  const first = [
    family('histogram', 'h', [{ labels: {}, value }]),
    family('gauge', 'h_other', [{ labels: {}, value: 1 }]),
  ];
  const second = [family('gauge', 'h', [{ labels: { a: 'b' }, value: 1 }])];
  return combineSources([{ collect: () => first }, { collect: () => second }], { join: true });
}

const SERIES = ['h_bucket', 'h_count', 'h_sum'];

describe.each<[string, () => MetricsSource | Promise<MetricsSource>, string[]]>([
  ['JSON', () => remote(JSON_TYPE, JSON_DOCUMENT), SERIES],
  ['text', () => remote(TEXT_TYPE, TEXT_DOCUMENT), SERIES],
  ['text with the header last', () => remote(TEXT_TYPE, HEADER_LAST), SERIES],
  ['OpenMetrics', () => remote(OPEN_METRICS_TYPE, `${TEXT_DOCUMENT}# EOF\n`), SERIES],
  ['a list of sources', async () => combineSources([await remote(JSON_TYPE, JSON_DOCUMENT)]), SERIES],
  ['a limited source', async () => limitSeries(await remote(TEXT_TYPE, TEXT_DOCUMENT), { perFamily: 10 }), SERIES],
  ['a join of two types', joined, ['h', ...SERIES]],
])('the series of a histogram from %s', (_from, createSource, series) => {
  async function namesFor(query: string): Promise<string[]> {
    const { get } = await serve({ source: await createSource() });
    const { text } = await get(`/metrics.json${query}`);
    return Object.keys(JSON.parse(text)).sort();
  }

  test('are all served without a query', async () => {
    expect(await namesFor('')).toEqual([...series, 'h_other'].sort());
  });

  test("are all served by the histogram's name", async () => {
    expect(await namesFor('?name[]=h')).toEqual(series);
  });

  test("are all excluded by the histogram's name", async () => {
    expect(await namesFor('?exclude[]=h')).toEqual(['h_other']);
  });

  test('are excluded by their own names', async () => {
    const others = series.filter((name) => name !== 'h_sum');
    expect(await namesFor('?name[]=h&exclude[]=h_sum')).toEqual(others);
    expect(await namesFor('?exclude[]=h_sum')).toEqual([...others, 'h_other'].sort());
  });
});

test.each([
  ['JSON', JSON_TYPE, JSON_DOCUMENT],
  ['text', TEXT_TYPE, TEXT_DOCUMENT],
])('a series of a histogram from %s is served by its own name', async (_from, type, document) => {
  const { get } = await serve({ source: await remote(type, document) });
  expect(Object.keys(JSON.parse((await get('/metrics.json?name[]=h_count')).text))).toEqual(['h_count']);
});

test('a gauge with the name of a series of such a histogram is not a part of it', async () => {
  const document = `${TEXT_DOCUMENT.replace('h_count', '# TYPE h_count gauge\nh_count')}`;
  const { get } = await serve({ source: await remote(TEXT_TYPE, document) });
  const namesFor = async (query: string) => Object.keys(JSON.parse((await get(`/metrics.json${query}`)).text)).sort();
  expect(await namesFor('?exclude[]=h')).toEqual(['h_count', 'h_other']);
  expect(await namesFor('?name[]=h')).toEqual(['h_bucket', 'h_sum']);
});

test("the series of a histogram from a cluster are selected by the histogram's name", async () => {
  const source = clusterSource(await remote(TEXT_TYPE, TEXT_DOCUMENT));
  const { get } = await serve({ source });
  const namesFor = async (query: string) => Object.keys(JSON.parse((await get(`/metrics.json${query}`)).text)).sort();
  expect(await namesFor('?name[]=h')).toEqual(SERIES);
  expect(await namesFor('?exclude[]=h')).toEqual(['cluster_workers', 'h_other']);
});

describe('a loss of a series of a split histogram fails a scrape of that histogram,', () => {
  const statuses = async (source: MetricsSource) => {
    const { get } = await serve({ source, onSourceError: 'fail' });
    const queries = ['?name[]=h', '?name[]=h_bucket', '?name[]=h_other'];
    return Promise.all(queries.map(async (query) => (await get(`/metrics.json${query}`)).status));
  };

  test('not of another family, in a join', async () => {
    const part = (samples: MetricFamily['samples']): MetricsSource => ({
      collect: () => [
        { ...markFor('h'), name: 'h_bucket', type: 'untyped', samples },
        { name: 'h_other', type: 'gauge', samples: [{ labels: {}, value: 1 }] },
      ],
    });
    const lost = {
      [Symbol.iterator]: () => {
        throw new Error('lost');
      },
    };
    const sources = [part([{ labels: { le: '1' }, value: 1 }]), part(lost)];
    expect(await statuses(combineSources(sources, { join: true }))).toEqual([500, 500, 200]);
  });

  test('not of another family, in a text with series after they have left the buffer', async () => {
    const lines = (name: string, from: number) =>
      Array.from({ length: 40 }, (_, i) => `${name}{le="${from + i}",pad="${'x'.repeat(1000)}"} 0.5\n`).join('');
    const between = ['h_other', 'a', 'b'].map((name) => lines(name, 0)).join('');
    const document = `# TYPE h histogram\n${lines('h_bucket', 0)}${between}${lines('h_bucket', 40)}`;
    const { url } = await upstream(serving(TEXT_TYPE, document));
    expect(await statuses(remoteSource(url, { maxJoinBytes: 32 * 1024 }))).toEqual([500, 500, 200]);
  });
});
