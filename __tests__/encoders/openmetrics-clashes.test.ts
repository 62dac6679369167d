import type { Encoder } from '../../lib/encoders/encoder.ts';
import { uncachedLabels } from '../../lib/encoders/label-cache.ts';
import { createOpenMetricsEncoder } from '../../lib/encoders/openmetrics-text.ts';
import { withoutExemplars } from '../../lib/encoders/text-syntax.ts';
import type { Exemplar, MetricFamily, Sample } from '../../lib/model/metric-family.ts';
import { chunksOf, encode, family, recordDrops, sample } from '../support/encode.ts';
import { openMetrics } from '../support/encoders.ts';
import { parseText } from '../support/parse-text.ts';
import { watched } from '../support/watched.ts';

const counterOf = (...samples: Sample[]) => family({ name: 'x_total', type: 'counter', samples });
const gauge = family({ name: 'x', samples: [sample(2)] });

describe('a counter that is rewritten as unknown', () => {
  async function rewritten(...samples: Sample[]) {
    const encoder = openMetrics();
    const families: MetricFamily[] = [counterOf(...samples), gauge];
    const first = await encode(encoder, families);
    // The second document is written as unknown from the start.
    expect(first).toEqual(await encode(encoder, families));
    return parseText(first.text, 'openmetrics').find(({ name }) => name === 'x_total')?.samples;
  }

  test.each([
    ['a carriage return', 'p\rq'],
    ['a carriage return before what looks like an exemplar', 'a\r # {b'],
    ['a line separator', 'a\u2028 # {b'],
    ['a quote and a backslash', '" # {\\'],
    ['a backslash before the closing quote', '\\\\\\'],
    ['a newline', 'a\n # {"b'],
  ])('keeps its labels, and loses its exemplars, with %s in both', async (_, text) => {
    const exemplar: Exemplar = { labels: { e: text }, value: 0.5 };
    const samples = [
      { labels: { path: text }, value: 1 },
      { labels: { path: text, other: 'x' }, value: 2, exemplar },
      { labels: {}, value: 3, exemplar },
      { labels: { path: 'last' }, value: 4 },
    ];
    expect(await rewritten(...samples)).toEqual(samples.map(({ labels, value }) => ({ labels, value })));
  });

  test('may have a label of 20 million characters', () => {
    const long = JSON.stringify('"\\ # {'.repeat(100_000) + 'a'.repeat(20_000_000));
    const line = `x_total{path=${long},b="\r"} 1`;
    expect(withoutExemplars(`${line} # {e=${long}} 1\n${line}\n`) === `${line}\n${line}\n`).toBe(true);
  });
});

test('text is copied once, however many of its families are rewritten', async () => {
  const families = Array.from({ length: 1_000 }, (_, i) => [
    family({ name: `c${i}_total`, type: 'counter', samples: [sample(i)] }),
    family({ name: `c${i}`, samples: [sample(i)] }),
  ]).flat();
  let copied = 0;
  const { slice } = String.prototype;
  const spy = jest.spyOn(String.prototype, 'slice').mockImplementation(function (this: string, ...range) {
    const part = slice.apply(this, range);
    copied += part.length;
    return part;
  });
  const { text, losses } = await encode(openMetrics(), families).finally(() => spy.mockRestore());
  expect(losses).toEqual([]);
  expect(text.match(/^# TYPE c\d+_total unknown$/gm)).toHaveLength(1_000);
  expect(copied).toBeGreaterThan(text.length);
  expect(copied).toBeLessThan(10 * text.length);
});

test('a histogram that is written as its series loses the samples after 16 MiB of sums and counts', async () => {
  const value = { count: 1, sum: 1, bounds: [], cumulativeCounts: [] };
  const samples = Array.from({ length: 20 }, (_, i) => ({ labels: { i: `${i}`.padEnd(512 * 1024) }, value }));
  const created = family({ name: 'h_created', samples: [sample(1)] });
  const { text, losses } = await encode(openMetrics(), [created, family({ name: 'h', type: 'histogram', samples })]);
  for (const series of ['h_bucket', 'h_sum', 'h_count']) expect(text.split(`\n${series}{`)).toHaveLength(1 + 16);
  expect(losses).toHaveLength(4);
  expect(losses[0]).toMatch(/^sample h: .*the sums and counts of a family whose names clash exceed 16777216 bytes$/);
});

describe('text is held back in the first document only', () => {
  /** Returns the samples that were read before the first chunk was sent. */
  async function pulledFirst(encoder: Encoder, prefix: string, name = 'x_total') {
    const samples = watched((i) => (i < 10_000 ? sample(i, { i: `${i}` }) : undefined));
    const families = [family({ name, type: 'counter', samples: [sample(1)] }), family({ name: 'l', samples })];
    const chunks = chunksOf(encoder, families, { prefix, drops: recordDrops([]) });
    await chunks.next();
    const { pulled } = samples;
    for await (const _ of chunks);
    return pulled;
  }
  const uncached = () => createOpenMetricsEncoder({ escaping: undefined }, uncachedLabels);

  test('with a prefix', async () => {
    const encoder = openMetrics();
    expect(await pulledFirst(encoder, 'a_')).toBeGreaterThan(10_000);
    for (const prefix of ['a_', 'b_', '']) expect(await pulledFirst(encoder, prefix)).toBeLessThan(5_000);
  });

  test('of families that do not fit in the cache', async () => {
    const encoder = uncached();
    expect(await pulledFirst(encoder, '')).toBeGreaterThan(10_000);
    expect(await pulledFirst(encoder, '')).toBeLessThan(5_000);
  });

  test('unless the name is long, or 5,000 others came since', async () => {
    const encoder = uncached();
    const long = `${'x'.repeat(300)}_total`;
    for (let scrape = 0; scrape < 2; scrape++) expect(await pulledFirst(encoder, '', long)).toBeGreaterThan(10_000);
    await pulledFirst(encoder, '');
    const counters = (length: number) =>
      Array.from({ length }, (_, i) => family({ name: `c${i}`, type: 'counter', samples: [sample(1)] }));
    await encode(encoder, counters(4_999));
    expect(await pulledFirst(encoder, '')).toBeLessThan(5_000);
    await encode(encoder, counters(5_000));
    expect(await pulledFirst(encoder, '')).toBeGreaterThan(10_000);
  });

  test('and a counter that clashed is unknown in each, with any prefix', async () => {
    const encoder = uncached();
    const large = family({ name: 'l', samples: Array.from({ length: 100_000 }, (_, i) => sample(i, { i: `${i}` })) });
    const families = [counterOf(sample(1)), large, gauge];
    expect((await encode(encoder, families)).losses).toHaveLength(1);
    for (const prefix of ['', 'a_', 'b_']) {
      const { text, losses } = await encode(encoder, families, prefix);
      expect(losses).toEqual([]);
      expect(text).toMatch(`# TYPE ${prefix}x_total unknown\n`);
    }
  });
});
