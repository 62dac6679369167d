import type { HistogramValue } from '../../lib/model/metric-family.ts';
import { parsePrometheusText } from '../../lib/parsers/prometheus-text.ts';
import { readAll, readUpTo } from '../support/parsed.ts';
import { watchedAsync } from '../support/watched.ts';

const read = (lines: readonly string[], type = 'histogram') =>
  readAll(parsePrometheusText(), `# TYPE h ${type}\n${lines.join('\n')}\n`);

const samples = async (lines: readonly string[], type?: string) =>
  (await read(lines, type)).flatMap((family) => family.samples);

/** The lines of a histogram with one bound. */
const lines = (labels = '') => ({
  first: `h_bucket{${labels}le="0.5"} 1`,
  last: `h_bucket{${labels}le="+Inf"} 3`,
  sum: `h_sum{${labels}} 4.5`,
  count: `h_count{${labels}} 3`,
});
const value = { count: 3, sum: 4.5, bounds: [0.5], cumulativeCounts: [1] };

const a = lines('a="x",');
const b = lines('a="y",');
const both = [
  { labels: { a: 'x' }, value },
  { labels: { a: 'y' }, value },
];

describe('the series of a histogram', () => {
  test.each([
    ['as client libraries write them', [a.first, a.last, a.sum, a.count, b.first, b.last, b.sum, b.count]],
    ['the totals in front', [a.count, a.sum, a.first, a.last, b.count, b.sum, b.first, b.last]],
    ['all buckets, then all totals', [a.first, a.last, b.first, b.last, a.sum, b.sum, a.count, b.count]],
    ['without a count of their own', [a.first, a.last, a.sum, b.first, b.last, b.sum]],
    [
      'with comments and empty lines',
      [a.first, '# then', a.last, '', a.sum, a.count, '#', b.first, b.last, b.sum, b.count],
    ],
  ])('are put together, %s', async (_, document) => {
    expect(await samples(document)).toEqual(both);
  });

  test.each([
    ['le in front', 'h_bucket{le="0.5",a="x",b="y"} 1', 'h_bucket{le="+Inf",a="x",b="y"} 3'],
    ['le in the middle', 'h_bucket{a="x",le="0.5",b="y"} 1', 'h_bucket{a="x",le="+Inf",b="y"} 3'],
    ['le at the end', 'h_bucket{a="x",b="y",le="0.5"} 1', 'h_bucket{a="x",b="y",le="+Inf"} 3'],
    ['a comma at the end', 'h_bucket{a="x",b="y",le="0.5",} 1', 'h_bucket{a="x",b="y",le="+Inf",} 3'],
    ['blanks', 'h_bucket{a="x", b="y", le="0.5"} 1', 'h_bucket{ le = "+Inf", a="x", b="y" } 3'],
    ['quoted names', '{"h_bucket","a"="x",b="y","le"="0.5"} 1', '{"h_bucket",a="x","b"="y",le="+Inf"} 3'],
    ['labels in another order', 'h_bucket{b="y",a="x",le="0.5"} 1', 'h_bucket{b="y",le="+Inf",a="x"} 3'],
  ])('are told by their labels but le: %s', async (_, first, last) => {
    const expected = [{ labels: { a: 'x', b: 'y' }, value }];
    expect(await samples([first, last, 'h_sum{a="x",b="y"} 4.5', 'h_count{b="y",a="x"} 3'])).toEqual(expected);
  });

  test.each([
    ['of another label', 'a="x,le=",b="c",'],
    ['that looks like it', 'a="{le=\'0.1\',le=",'],
    ['that has it in quotes', 'a="\\",le=\\"0.1\\",",'],
    ['of a label that ends in it', 'a_le="0.1",'],
  ])('are not misled by a value %s', async (_, labels) => {
    const { first, last, sum, count } = lines(labels);
    const [, text = ''] = /^[a-z_]+="(.*?)",(?:b="c",)?$/.exec(labels) ?? [];
    const [sample] = await samples([first, last, sum, count]);
    expect(sample?.value).toEqual(value);
    expect(Object.values(sample?.labels ?? {})[0]).toBe(text.replaceAll('\\"', '"'));
  });

  test('may have no sum, and keep their order', async () => {
    expect(await samples([a.first, a.last, a.count, b.first, b.last, b.sum, b.count])).toEqual([
      { labels: { a: 'x' }, value: { count: 3, bounds: [0.5], cumulativeCounts: [1] } },
      both[1],
    ]);
  });

  test('may be none', async () => {
    expect(await read([])).toEqual([{ name: 'h', type: 'histogram', samples: [] }]);
  });

  test('share their bounds', async () => {
    const values = (await samples([a.first, a.last, a.sum, a.count, b.first, b.last, b.sum, b.count])).map(
      ({ value }) => value,
    );
    const [one, two] = values as HistogramValue[];
    expect(one?.bounds).toBe(two?.bounds);
  });

  test.each<[string, readonly string[], message: string]>([
    [
      'without +Inf',
      [a.first, a.sum, a.count, b.last],
      'line 2: expected a +Inf bucket in the histogram that begins here, got none',
    ],
    ['of totals alone', [a.sum, a.count], 'line 2: expected a +Inf bucket in the histogram that begins here, got none'],
    [
      'of buckets alone',
      ['h_bucket{le="1"} 1'],
      'line 2: expected a +Inf bucket in the histogram that begins here, got none',
    ],
    [
      'that counts twice',
      [a.first, a.last, a.count, 'h_count{a="x"} 3'],
      'line 5: expected one count for this label set, got a second',
    ],
    ['that sums twice', [a.sum, a.sum], 'line 3: expected one sum for this label set, got a second'],
    [
      'of two counts',
      [a.last, 'h_count{a="x"} 4'],
      'line 2: expected the count 3 of the +Inf bucket in the histogram that begins here, got 4',
    ],
    ['with a bound twice', [a.first, a.first], 'line 3: expected ascending bounds, got le="0.5"'],
    [
      'with bounds that descend',
      [a.first, 'h_bucket{a="x",le="0.1"} 1'],
      'line 3: expected ascending bounds, got le="0.1"',
    ],
    ['with a bound behind +Inf', [a.last, a.first], 'line 3: expected ascending bounds, got le="0.5"'],
    ['with the bound -Inf', ['h_bucket{le="-Inf"} 1'], 'line 2: expected ascending bounds, got le="-Inf"'],
    ['with a bound that is no number', ['h_bucket{le="NaN"} 1'], 'line 2: expected ascending bounds, got le="NaN"'],
    ['with a bound that is a word', ['h_bucket{le="one"} 1'], 'line 2: expected a number, got le="one"'],
    ['with a bucket without le', ['h_bucket{a="x"} 1'], 'line 2: expected the label le, got none'],
    ['with le twice', ['h_bucket{le="1",le="2"} 1'], 'line 2: expected each label once, got "le" again'],
    ['with le on its sum', ['h_sum{le="1"} 1'], 'line 2: expected a sum without the label le, got le="1"'],
    ['with a series of the very name', ['h{le="1"} 1'], 'line 2: expected "h_bucket" or "h_sum" or "h_count", got "h"'],
    [
      'that counts down',
      ['h_bucket{le="1"} 2', 'h_bucket{le="+Inf"} 1'],
      'line 3: expected a count of at least 2, got 1',
    ],
    ['that counts NaN', ['h_bucket{le="1"} NaN'], 'line 2: expected a count of at least 0, got NaN'],
    ['that counts below zero', ['h_bucket{le="1"} -1'], 'line 2: expected a count of at least 0, got -1'],
    ['with half an observation', ['h_bucket{le="+Inf"} 1.5'], 'line 2: expected a count, got 1.5'],
    [
      'in two pieces, both with totals',
      [a.first, a.last, a.sum, a.count, b.last, a.first],
      'line 7: expected a +Inf bucket in the histogram that begins here, got none',
    ],
  ])('are refused when they are one %s', async (_, document, message) => {
    // A piece that could be a sample is in front of what is not.
    await expect(read([...document, ...(message.includes('begins here') ? [] : [b.last])])).rejects.toMatchObject({
      code: 'ERR_METRICS_MALFORMED_DOCUMENT',
      message,
    });
  });
});

describe('the series of a summary', () => {
  const value = { count: 3, sum: 4.5, quantiles: [0.5, 0.99], values: [1, Number.NaN] };
  const summary = (labels: string) => [
    `h{${labels}quantile="0.5"} 1`,
    `h{${labels}quantile="0.99"} NaN`,
    `h_sum{${labels}} 4.5`,
    `h_count{${labels}} 3`,
  ];

  test('are put together, whatever their order', async () => {
    const [one, two] = [summary('a="x",'), summary('a="y",')];
    const expected = [
      { labels: { a: 'x' }, value },
      { labels: { a: 'y' }, value },
    ];
    expect(await samples([...one, ...two], 'summary')).toEqual(expected);
    const mixed = one.flatMap((line, i) => [line, two[i] as string]);
    expect(await samples(mixed, 'summary')).toEqual(expected);
  });

  test('may be a count alone', async () => {
    expect(await samples(['h_count 3'], 'summary')).toEqual([
      { labels: {}, value: { count: 3, quantiles: [], values: [] } },
    ]);
  });

  test.each<[string, readonly string[], message: string]>([
    [
      'without a count',
      ['h{quantile="0.5"} 1', 'h_sum 1'],
      'line 2: expected a count in the summary that begins here, got none',
    ],
    ['with a quantile above 1', ['h{quantile="99"} 1'], 'line 2: expected a quantile from 0 to 1, got quantile="99"'],
    ['without the label quantile', ['h 1'], 'line 2: expected the label quantile, got none'],
  ])('are refused when they are one %s', async (_, document, message) => {
    await expect(read(document, 'summary')).rejects.toMatchObject({ code: 'ERR_METRICS_MALFORMED_DOCUMENT', message });
  });
});

jest.setTimeout(30_000);

describe('samples that lack something wait for it', () => {
  const padding = 'x'.repeat(2 ** 20 - 100);
  const one = (i: number) => lines(`a="${padding}${i}",`);

  test('in up to 16 MiB of memory; without a sum they are then given as they are', async () => {
    const groups = Array.from({ length: 12 }, (_, i) => one(i));
    const document = groups.flatMap(({ last, count }) => [last, count]);
    expect(await samples(document)).toHaveLength(12);
    await expect(read([...document, ...groups.map(({ sum }) => sum)])).rejects.toMatchObject({
      message: expect.stringMatching(/^line \d+: expected a \+Inf bucket in the histogram that begins here, got none$/),
    });
  });

  test('in up to 16 MiB of memory; without a +Inf bucket that is an error', async () => {
    const document = Array.from({ length: 17 }, (_, i) => one(i).first);
    const { read: found, error } = await readUpTo(
      parsePrometheusText(),
      `# TYPE h histogram\n${document.join('\n')}\n`,
    );
    expect(found).toEqual([['h']]);
    expect(error).toMatchObject({
      message: 'line 2: expected a +Inf bucket in the histogram that begins here, got none',
    });
  });

  test('which counts what a sample takes besides its lines: of short ones, fewer bytes are read', async () => {
    const LINES = 2 ** 17;
    const document = watchedAsync((i) => {
      if (i === 0) return Buffer.from('# TYPE h histogram\n');
      return i <= LINES ? Buffer.from(`h_bucket{a="${i}",le="1"} 1\n`) : undefined;
    });
    const families = parsePrometheusText()(document);
    const reading = (async () => {
      for await (const { samples } of families) for await (const _ of samples);
    })();
    await expect(reading).rejects.toMatchObject({
      message: 'line 2: expected a +Inf bucket in the histogram that begins here, got none',
    });
    expect(document.pulled).toBeGreaterThan(10_000);
    expect(document.pulled).toBeLessThan(LINES / 4);
  });
});
