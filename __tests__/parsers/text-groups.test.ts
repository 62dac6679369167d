import type { HistogramValue } from '../../lib/model/metric-family.ts';
import { parsePrometheusText } from '../../lib/parsers/prometheus-text.ts';
import { readAll, readWithReports } from '../support/parsed.ts';

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
    ['an empty label', 'h_bucket{a="x",b="y",le="0.5"} 1', 'h_bucket{a="x",c="",b="y",le="+Inf"} 3'],
  ])('are told by their labels but le: %s', async (_, first, last) => {
    const expected = [{ labels: { a: 'x', b: 'y' }, value }];
    expect(await samples([first, last, 'h_sum{a="x",b="y"} 4.5', 'h_count{b="y",a="x"} 3'])).toEqual(expected);
  });

  test.each([
    ['of adjacent series', ['h_bucket{a="x",le="0.5"} 1', 'h_bucket{a="x",b="",le="+Inf"} 3']],
    ['of scattered series', ['h_bucket{a="x",le="0.5"} 1', b.last, b.first, 'h_bucket{le="+Inf",b="",a="x"} 3']],
  ])('are one sample despite empty labels %s, which Prometheus does not store', async (_, buckets) => {
    const parse = parsePrometheusText();
    const text = ['# TYPE h histogram', ...buckets, 'h_sum{c="",a="x"} 4.5', 'h_count{a="x",c=""} 3', ''].join('\n');
    for (let i = 0; i < 3; i++) expect((await readAll(parse, text))[0]?.samples[0]).toEqual(both[0]);
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

  const histogram = (count: number, bounds: readonly number[], cumulativeCounts: readonly number[]) => [
    { labels: {}, value: { count, bounds, cumulativeCounts } },
  ];

  test.each<[string, readonly string[], samples: object[]]>([
    ['without +Inf', ['h_bucket{le="1"} 1', 'h_count 3'], histogram(3, [1], [1])],
    ['of a count alone', ['h_count 3'], histogram(3, [], [])],
    ['of buckets alone', ['h_bucket{le="1"} 1', 'h_bucket{le="2"} 4'], histogram(4, [1, 2], [1, 4])],
    ['with a larger count', ['h_bucket{le="+Inf"} 3', 'h_count 4'], histogram(4, [], [])],
    ['with a smaller count', ['h_bucket{le="+Inf"} 4', 'h_count 3'], histogram(4, [], [])],
    ['with a larger bucket', ['h_bucket{le="1"} 5', 'h_bucket{le="+Inf"} 4', 'h_count 3'], histogram(5, [1], [5])],
    [
      'that counts down',
      ['h_bucket{le="1"} 2', 'h_bucket{le="2"} 1', 'h_bucket{le="3"} 4', 'h_bucket{le="+Inf"} 4'],
      histogram(4, [1, 2, 3], [2, 2, 4]),
    ],
    [
      'with bounds that descend',
      ['h_bucket{le="+Inf"} 3', 'h_bucket{le="2"} 2', 'h_bucket{le="1"} 1', 'h_count 3'],
      histogram(3, [1, 2], [1, 2]),
    ],
    [
      'with bounds in the order of their texts',
      ['h_bucket{le="1"} 1', 'h_bucket{le="10"} 3', 'h_bucket{le="2"} 2', 'h_bucket{le="+Inf"} 3'],
      histogram(3, [1, 2, 10], [1, 2, 3]),
    ],
    ['with a bucket twice', ['h_bucket{le="1"} 1', 'h_bucket{le="1"} 2', 'h_count 2'], histogram(2, [1], [1])],
    [
      'with one bound in two spellings',
      ['h_bucket{le="1"} 1', 'h_bucket{le="1.0"} 2', 'h_bucket{le="inf"} 2'],
      histogram(2, [1], [2]),
    ],
    ['with +Inf in two spellings', ['h_bucket{le="inf"} 1', 'h_bucket{le="+Inf"} 2'], histogram(2, [], [])],
    ['with an empty -Inf bucket', ['h_bucket{le="-Inf"} 0', 'h_bucket{le="+Inf"} 1'], histogram(1, [], [])],
    [
      'with an older count below -Inf',
      ['h_bucket{le="-Inf"} 3 1000', 'h_bucket{le="-Inf"} 0 2000', 'h_bucket{le="+Inf"} 1'],
      histogram(1, [], []),
    ],
    [
      'with an empty -Inf bucket that comes again',
      ['h_bucket{le="-Inf"} 0', 'h_bucket{le="-Inf"} 3', 'h_bucket{le="+Inf"} 1'],
      histogram(1, [], []),
    ],
    ['that counts twice', ['h_bucket{le="+Inf"} 3', 'h_count 3', 'h_count 2'], histogram(3, [], [])],
    [
      'with buckets of several times',
      ['h_bucket{le="1"} 1 1000', 'h_bucket{le="1"} 2 3000', 'h_bucket{le="1"} 3 2000', 'h_count 2'],
      histogram(2, [1], [2]),
    ],
  ])('are repaired when they are one %s', async (_, document, expected) => {
    const { families, repairs, drops } = await readWithReports(
      parsePrometheusText(),
      `# TYPE h histogram\n${document.join('\n')}\n`,
    );
    expect(families).toEqual([{ name: 'h', type: 'histogram', samples: expected }]);
    expect(drops).toEqual([]);
    expect(repairs).toMatchObject([{ family: 'h', kind: 'histogram' }]);
  });

  test('are one sample when their parts are scattered', async () => {
    const scattered = [b.first, a.first, a.last, a.sum, a.count, b.last, b.sum, b.count];
    expect(await samples(scattered)).toEqual([both[1], both[0]]);
    const inPieces = [a.first, a.last, a.sum, a.count, b.first, b.last, b.sum, b.count, 'h_bucket{a="x",le="0.7"} 2'];
    expect(await samples(inPieces)).toEqual([
      { labels: { a: 'x' }, value: { count: 3, sum: 4.5, bounds: [0.5, 0.7], cumulativeCounts: [1, 2] } },
      both[1],
    ]);
  });

  test('stay one sample when the label sets are known from the last document', async () => {
    const parse = parsePrometheusText();
    const document = (lines: readonly string[]) => `# TYPE h histogram\n${lines.join('\n')}\n`;
    const whole = [a.first, a.last, a.sum, a.count, b.first, b.last, b.sum, b.count];
    for (const lines of [whole, whole, [...whole.slice(0, 7), a.count, b.count], whole]) {
      const [family] = await readAll(parse, document(lines));
      expect(family?.samples).toEqual(both);
    }
  });

  test.each<[string, readonly string[], message: string]>([
    ['of a sum alone', ['h_sum 1'], 'line 2: expected a bucket or a count, got only a sum'],
    ['with a -Inf bucket', ['h_bucket{le="-Inf"} 1'], 'line 2: expected nothing below -Inf, got a count of 1'],
    [
      'with -Inf in two spellings',
      ['h_bucket{le="-Inf"} 0', 'h_bucket{le="-inf"} 1'],
      'line 3: expected nothing below -Inf, got a count of 1',
    ],
    ['with a bound that is NaN', ['h_bucket{le="NaN"} 1'], 'line 2: expected a number, got le="NaN"'],
    ['with a bound that is a word', ['h_bucket{le="one"} 1'], 'line 2: expected a number, got le="one"'],
    ['with a bucket without le', ['h_bucket{vmrange="1...2"} 1'], 'line 2: expected the label le, got none'],
    ['with le on its sum', ['h_sum{le="1"} 1'], 'line 2: expected a sum without the label le, got one with it'],
    ['with a series of the very name', ['h 1'], 'line 2: expected a bucket, a sum or a count'],
    ['that counts NaN', ['h_bucket{le="1"} NaN'], 'line 2: expected a count, got NaN'],
    ['that counts below zero', ['h_bucket{le="1"} -1'], 'line 2: expected a count, got -1'],
    ['with half an observation', ['h_bucket{le="+Inf"} 1.5'], 'line 2: expected a count, got 1.5'],
    ['with half a count', ['h_count 1.5'], 'line 2: expected a count, got 1.5'],
  ])('are served under their names when they are one %s', async (_, document, message) => {
    const whole = [...document, 'h_bucket{a="x",le="+Inf"} 3', 'h_count{a="x"} 3'];
    const { families, repairs, drops } = await readWithReports(
      parsePrometheusText(),
      `# TYPE h histogram\n${whole.join('\n')}\n`,
    );
    expect(families.map(({ type }) => type)).toEqual(families.map(() => 'untyped'));
    const written = families.flatMap(({ name, samples }) =>
      samples.map(({ labels, value }) => ({ name, labels, value })),
    );
    const expected = (await readAll(parsePrometheusText(), `${whole.join('\n')}\n`)).flatMap(({ name, samples }) =>
      samples.map(({ labels, value }) => ({ name, labels, value })),
    );
    expect(written).toEqual(expected);
    expect(drops).toEqual([]);
    expect(repairs).toEqual([
      { family: 'h', kind: 'untyped', message: `${message}, so its series are served as untyped` },
    ]);
  });

  test('are malformed with le twice', async () => {
    await expect(read(['h_bucket{le="1",le="2"} 1'])).rejects.toMatchObject({
      code: 'ERR_METRICS_MALFORMED_DOCUMENT',
      message: 'line 2: expected each label once, got "le" again',
    });
  });

  test.each<[string, readonly string[]]>([
    ['before its series', ['# TYPE h_sum gauge', 'h_sum 1', 'h_bucket{le="+Inf"} 1', 'h_count 1']],
    ['before a part', ['h_bucket{le="+Inf"} 1', '# TYPE h_sum gauge', '# HELP h_sum what', 'h_sum 1', 'h_count 1']],
    ['before more of them', ['h_bucket{le="+Inf"} 1', 'h_sum{a="x"} 1', 'h_count 1', '# TYPE h_sum gauge', 'h_sum 1']],
  ])('are separate families when one of them follows a header of its own, %s', async (_, document) => {
    const families = await read(document);
    const types = Object.fromEntries(families.map(({ name, type }) => [name, type]));
    expect(types).toEqual({ h_sum: 'gauge', h_bucket: 'untyped', h_count: 'untyped' });
  });

  test.each<[string, string]>([
    [
      'before the header of the histogram',
      '# TYPE h_sum counter\n# TYPE h histogram\nh_bucket{le="+Inf"} 1\nh_sum 4\nh_count 1\n',
    ],
    ['before all series', '# TYPE h histogram\n# TYPE h_sum counter\nh_bucket{le="+Inf"} 1\nh_sum 4\nh_count 1\n'],
    ['after the series', '# TYPE h histogram\nh_bucket{le="+Inf"} 1\nh_sum 4\nh_count 1\n# TYPE h_sum counter\n'],
    ['of a summary', '# TYPE h_sum summary\n# TYPE h histogram\nh_bucket{le="+Inf"} 1\nh_sum 4\nh_count 1\n'],
  ])('are a histogram despite a header of a part that no series follow, %s', async (_, document) => {
    const { families, repairs } = await readWithReports(parsePrometheusText(), document);
    const value = { count: 1, sum: 4, bounds: [], cumulativeCounts: [] };
    expect(families).toEqual([{ name: 'h', type: 'histogram', samples: [{ labels: {}, value }] }]);
    expect(repairs).toEqual([
      {
        family: 'h_sum',
        kind: 'metadata',
        message: expect.stringMatching(/^line \d: # TYPE \w+ is of a part of the histogram "h", which is kept$/),
      },
    ]);
  });

  test('are not said to be kept as a histogram despite a header of a part, if they do not fit', async () => {
    const document = '# TYPE h histogram\n# TYPE h_sum counter\nh_bucket{le="x"} 1\nh_sum 4\nh_count 1\n';
    const { families, repairs } = await readWithReports(parsePrometheusText(), document);
    expect(families.map(({ name, type }) => `${name} ${type}`).sort()).toEqual([
      'h_bucket untyped',
      'h_count untyped',
      'h_sum counter',
    ]);
    expect(repairs.map(({ message }) => message)).toEqual([
      'line 3: expected a number, got le="x", so its series are served as untyped',
    ]);
  });

  test.each<[string, object[]]>([
    ['h_bucket{le="+Inf"} 2', []],
    [
      'h_bucket{le="1"} 2',
      [{ family: 'h', kind: 'histogram', message: 'line 2: the histogram that begins here had to be repaired' }],
    ],
  ])('are reported without a +Inf bucket, and not without a count: %s', async (line, expected) => {
    const { families, repairs } = await readWithReports(parsePrometheusText(), `# TYPE h histogram\n${line}\n`);
    expect(families).toMatchObject([{ name: 'h', type: 'histogram', samples: [{ value: { count: 2 } }] }]);
    expect(repairs).toEqual(expected);
  });

  test('may have a header after them', async () => {
    const { families } = await readWithReports(
      parsePrometheusText(),
      'h_bucket{le="+Inf"} 2\nh_sum 1\nh_count 2\n# TYPE h histogram\n',
    );
    const value = { count: 2, sum: 1, bounds: [], cumulativeCounts: [] };
    expect(families).toEqual([{ name: 'h', type: 'histogram', samples: [{ labels: {}, value }] }]);
  });

  test('leave out a series that is not one of them', async () => {
    const document = [a.first, 'h_max 7', a.last, 'other 1', a.sum, 'h_max{a="x"} 8', a.count];
    const families = await read(document);
    expect(families).toMatchObject([
      { name: 'h', type: 'histogram', samples: [both[0]] },
      { name: 'h_max', type: 'untyped', samples: [{ value: 7 }, { value: 8 }] },
      { name: 'other', type: 'untyped' },
    ]);
  });
});

test('a document is read as by a new parser after one whose family was read twice', async () => {
  const all = (q: string, ...bounds: number[]) => [
    ...bounds.map((bound) => `h_bucket{q="${q}",le="${bound}"} ${bound}`),
    ...[`h_bucket{q="${q}",le="+Inf"} 3`, `h_sum{q="${q}"} 4`, `h_count{q="${q}"} 3`],
  ];
  const documentOf = (...series: string[]) => `# TYPE h histogram\n${series.join('\n')}\n`;
  const x = all('x', 1, 2);
  const y = all('y', 1, 2);
  for (const document of [
    documentOf(...x, ...y, ...all('z', 1, 2), ...x),
    documentOf(...x.slice(0, 3), ...y, ...all('z', 1, 2), ...x.slice(3)),
  ]) {
    const parse = parsePrometheusText();
    // The unsorted buckets cause the second reading.
    await readAll(parse, documentOf(...x, ...y, ...all('z', 2, 1)));
    expect(await readAll(parse, document)).toEqual(await readAll(parsePrometheusText(), document));
  }
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
    ['with a quantile above 1', ['h{quantile="99"} 1'], 'line 2: expected a quantile from 0 to 1, got 99'],
    [
      'with a quantile in two spellings',
      ['h{quantile="0.5"} 1', 'h{quantile="0.50"} 2', 'h_count 1'],
      'line 3: expected each quantile once, got 0.5 in two spellings',
    ],
    ['with a quantile below 0', ['h{quantile="-1"} 1'], 'line 2: expected a quantile from 0 to 1, got -1'],
    ['without the label quantile', ['h 1'], 'line 2: expected the label quantile, got none'],
    ['with half a count', ['h_count 0.5'], 'line 2: expected a count, got 0.5'],
  ])('are served under their names when they are one %s', async (_, document, message) => {
    const { families, repairs, drops } = await readWithReports(
      parsePrometheusText(),
      `# TYPE h summary\n${document.join('\n')}\n`,
    );
    expect(families.every(({ type }) => type === 'untyped')).toBe(true);
    expect(families.flatMap(({ samples }) => samples)).toHaveLength(document.length);
    expect(drops).toEqual([]);
    expect(repairs).toEqual([
      { family: 'h', kind: 'untyped', message: `${message}, so its series are served as untyped` },
    ]);
  });
});

jest.setTimeout(30_000);

describe('of a family that is larger than the buffer', () => {
  const streamed = (lines: readonly string[]) =>
    readWithReports(parsePrometheusText(), `# TYPE h histogram\n${lines.join('\n')}\n`, { maxJoinBytes: 1 });
  // The first piece of a document has 64 KiB, and is buffered in any case.
  const padding = Array.from({ length: 1000 }, (_, i) => Object.values(lines(`a="${'x'.repeat(100)}${i}",`)));

  test('samples are put together as they come', async () => {
    const { families, repairs, drops } = await streamed(padding.flat());
    expect(families).toHaveLength(1);
    expect(families[0]?.samples).toHaveLength(1000);
    expect([...repairs, ...drops]).toEqual([]);
  });

  test('a sample that does not fit is dropped and reported', async () => {
    const { families, drops } = await streamed([...padding.flat(), 'h_bucket{le="1"} 0.5', 'h_count 1']);
    expect(families[0]?.samples).toHaveLength(1000);
    expect(drops).toEqual([
      'h: ERR_METRICS_INVALID_SAMPLE: line 4002: expected a count, got 0.5; 1 of the samples were dropped, since the family is large',
    ]);
  });

  test('samples without a sum wait for it in up to 16 MiB of memory', async () => {
    const long = 'x'.repeat(2 ** 20 - 100);
    const groups = Array.from({ length: 20 }, (_, i) => lines(`a="${long}${i}",`));
    const { families } = await streamed(groups.flatMap(({ last, count }) => [last, count]));
    expect(families[0]?.samples).toHaveLength(20);
  });
});
