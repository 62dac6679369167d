import { gzipSync } from 'node:zlib';
import { type RemoteSourceOptions, remoteSource } from '../../lib/sources/remote.ts';
import { serve } from '../support/clients.ts';
import { collectAll } from '../support/collect.ts';
import { JSON_TYPE, OPEN_METRICS_TYPE, serving, TEXT_TYPE, upstream } from '../support/upstreams.ts';

const HISTOGRAM = {
  count: 3,
  sum: 1,
  bucket: [
    [0.5, 1],
    [1, 2],
  ],
};

/** Each has two families, `a` of a histogram with two bounds, and `b` of three series with labels. */
const documents: readonly [format: string, type: string, document: string, series: number, labelBytes: number][] = [
  [
    'text',
    TEXT_TYPE,
    '# TYPE a histogram\na_bucket{le="0.5"} 1\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 3\na_sum 1\na_count 3\nb{q="1"} 1\nb{q="2"} 2\nb{q="3"} 3\n',
    8,
    8 + 6 + 9 + 3 * 5,
  ],
  [
    'OpenMetrics',
    OPEN_METRICS_TYPE,
    '# TYPE a histogram\na_bucket{le="0.5"} 1\na_bucket{le="1.0"} 2\na_bucket{le="+Inf"} 3\na_sum 1\na_count 3\n# TYPE b gauge\nb{q="1"} 1\nb{q="2"} 2\nb{q="3"} 3\n# EOF\n',
    8,
    8 + 8 + 9 + 3 * 5,
  ],
  [
    'a JSON map',
    JSON_TYPE,
    JSON.stringify({
      a: { type: 'histogram', value: HISTOGRAM },
      b: { type: 'gauge', value: { q: { 1: 1, 2: 2, 3: 3 } } },
    }),
    6,
    3 * '"1":'.length,
  ],
  [
    'a JSON list',
    JSON_TYPE,
    JSON.stringify({
      a: { type: 'histogram', value: HISTOGRAM },
      b: { type: 'gauge', value: [1, 2, 3].map((q) => ({ q: `${q}`, '@': q })) },
    }),
    6,
    3 * '{"q":"1","@":'.length,
  ],
];

describe.each(documents)('of a document in %s', (_format, type, document, series, labelBytes) => {
  const options: readonly [option: keyof RemoteSourceOptions, limit: number, what: string][] = [
    ['maxFamilies', 2, 'families'],
    ['maxSeries', series, 'series'],
    ['maxLabelBytes', labelBytes, 'bytes of labels'],
  ];

  test.each(options)('%s takes %d', async (option, limit) => {
    const { url } = await upstream(serving(type, document));
    const source = remoteSource(url, { [option]: limit });
    // What is known from the last document counts as what is new.
    for (let scrape = 0; scrape < 2; scrape++) expect((await collectAll(source)).families).toHaveLength(2);
  });

  test.each(options)('%s refuses more than %d less one', async (option, limit, what) => {
    const { url } = await upstream(serving(type, document));
    const source = remoteSource(url, { [option]: limit - 1 });
    for (let scrape = 0; scrape < 2; scrape++) {
      await expect(collectAll(source)).rejects.toMatchObject({
        code: 'ERR_METRICS_UPSTREAM_TOO_LARGE',
        message: `${url}: expected at most ${limit - 1} ${what}, got more; see the option ${option}`,
      });
    }
  });

  test('series of a family that is not wanted do not count, and the family does', async () => {
    const { url } = await upstream(serving(type, document));
    const { families } = await collectAll(remoteSource(url, { maxSeries: 3 }), { wants: (name) => name === 'b' });
    expect(families.map(({ name }) => name)).toEqual(['b']);
    const source = remoteSource(url, { maxFamilies: 1 });
    await expect(collectAll(source, { wants: (name) => name === 'a' })).rejects.toMatchObject({
      code: 'ERR_METRICS_UPSTREAM_TOO_LARGE',
    });
  });
});

test('a few bytes that stand for many families are read no further than maxFamilies', async () => {
  const lines = Array.from({ length: 2 ** 18 }, (_, i) => `a${i} 1\n`);
  const { url } = await upstream(serving(TEXT_TYPE, gzipSync(lines.join('')), { 'Content-Encoding': 'gzip' }));
  const source = remoteSource(url, { maxFamilies: 20_000, up: true, timeout: 60_000 });
  const { get, failures } = await serve({ source, timeout: 600_000 });
  const { text } = await get('/metrics');
  const size = Number(/^remote_scrape_body_size_bytes (\d+)$/m.exec(text)?.[1]);
  const needed = lines.slice(0, 20_000).join('').length;
  expect(size).toBeGreaterThanOrEqual(needed);
  // What was decompressed ahead.
  expect(size).toBeLessThanOrEqual(needed + 2 * 2 ** 16);
  expect(failures).toMatchObject([{ error: { code: 'ERR_METRICS_UPSTREAM_TOO_LARGE' } }]);
});
