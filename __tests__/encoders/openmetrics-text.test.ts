import { createOpenMetricsEncoder } from '../../lib/encoders/openmetrics-text.ts';
import type { Escaping } from '../../lib/encoders/text-syntax.ts';
import { CHUNK_SIZE } from '../../lib/encoders/unsent-text.ts';
import type { Exemplar, MetricFamily, Sample } from '../../lib/model/metric-family.ts';
import { chunksOf, encode, family, recordDrops, sample } from '../support/encode.ts';
import { parseText } from '../support/parse-text.ts';
import { watched } from '../support/watched.ts';

const openMetrics = (escaping?: Escaping) => createOpenMetricsEncoder({ escaping });

const histogram = { count: 3, sum: 1.5, bounds: [0.00001, 1e6], cumulativeCounts: [1, 2] };

describe('the text of OpenMetrics', () => {
  test.each([
    ['no families', [], ''],
    ['no samples', [family({ help: 'H' })], '# TYPE m gauge\n# HELP m H\n'],
    ['a help with quotes and lines', [family({ help: 'a\\b\n"c"' })], '# TYPE m gauge\n# HELP m a\\\\b\\n\\"c\\"\n'],
    ['untyped, which is unknown here', [family({ type: 'untyped', samples: [sample(1)] })], '# TYPE m unknown\nm 1\n'],
    [
      'a counter, whose series has _total',
      [family({ name: 'hits', type: 'counter', help: 'H', samples: [sample(1), sample(2, { a: 'x' })] })],
      '# TYPE hits counter\n# HELP hits H\nhits_total 1\nhits_total{a="x"} 2\n',
    ],
    [
      'a counter that has _total, which it gets but once',
      [family({ name: 'hits_total', type: 'counter', samples: [sample(1)] })],
      '# TYPE hits counter\nhits_total 1\n',
    ],
    [
      'a counter that has _total within',
      [family({ name: 'hits_total_total_x', type: 'counter', samples: [sample(1)] })],
      '# TYPE hits_total_total_x counter\nhits_total_total_x_total 1\n',
    ],
    [
      'a counter that has nothing but _total',
      [family({ name: '_total', type: 'counter', samples: [sample(1)] })],
      '# TYPE _total counter\n_total_total 1\n',
    ],
    [
      'a gauge that has _total',
      [family({ name: 'g_total', samples: [sample(1)] })],
      '# TYPE g_total gauge\ng_total 1\n',
    ],
    [
      'a unit that the name ends in',
      [family({ name: 'up_seconds', unit: 'seconds', help: 'H' })],
      '# TYPE up_seconds gauge\n# UNIT up_seconds seconds\n# HELP up_seconds H\n',
    ],
    [
      'a unit in front of _total',
      [family({ name: 'cpu_seconds_total', type: 'counter', unit: 'seconds', samples: [sample(1)] })],
      '# TYPE cpu_seconds counter\n# UNIT cpu_seconds seconds\ncpu_seconds_total 1\n',
    ],
    ['a unit that the name does not end in', [family({ name: 'up', unit: 'seconds' })], '# TYPE up gauge\n'],
    ['a unit that is all of the name', [family({ name: 'seconds', unit: 'seconds' })], '# TYPE seconds gauge\n'],
    ['no unit', [family({ name: 'up_undefined' })], '# TYPE up_undefined gauge\n'],
    ['an empty unit', [family({ name: 'up_', unit: '' })], '# TYPE up_ gauge\n'],
    [
      'a histogram, whose bounds are floats as Go spells them',
      [family({ type: 'histogram', samples: [sample(histogram, { a: 'x' })] })],
      '# TYPE m histogram\nm_bucket{a="x",le="1e-05"} 1\nm_bucket{a="x",le="1e+06"} 2\nm_bucket{a="x",le="+Inf"} 3\n' +
        'm_sum{a="x"} 1.5\nm_count{a="x"} 3\n',
    ],
    [
      'a summary, whose quantiles are floats as well',
      [family({ type: 'summary', samples: [sample({ count: 1, sum: 2, quantiles: [0, 1], values: [3, 4] })] })],
      '# TYPE m summary\nm{quantile="0.0"} 3\nm{quantile="1.0"} 4\nm_sum 2\nm_count 1\n',
    ],
  ])('of %s', async (_, families, expected) => {
    const { text, losses } = await encode(openMetrics(), families);
    expect(text).toBe(`${expected}# EOF\n`);
    expect(losses).toEqual([]);
  });

  test.each<[Escaping | undefined, string, string]>([
    [undefined, '', '# TYPE p_a_b counter\np_a_b_total{c_d="x"} 1\n'],
    ['underscores', ' escaping=underscores;', '# TYPE p_a_b counter\np_a_b_total{c_d="x"} 1\n'],
    // The suffix is put behind the escaped name, and looked for there, as client_golang does it.
    ['dots', ' escaping=dots;', '# TYPE p__a_dot_b_ counter\np__a_dot_b__total{c_dot_d="x"} 1\n'],
    ['values', ' escaping=values;', '# TYPE U__p__a_2e_b_ counter\nU__p__a_2e_b__total{U__c_2e_d="x"} 1\n'],
    ['allow-utf-8', ' escaping=allow-utf-8;', '# TYPE "p_a.b" counter\n{"p_a.b_total","c.d"="x"} 1\n'],
  ])('with the escaping %s', async (escaping, variant, expected) => {
    const encoder = openMetrics(escaping);
    expect(encoder.format).toBe('openmetrics');
    expect(encoder.contentType).toBe(`application/openmetrics-text; version=1.0.0;${variant} charset=utf-8`);
    const families = [family({ name: 'a.b_total', type: 'counter', samples: [sample(1, { 'c.d': 'x' })] })];
    expect((await encode(encoder, families, 'p_')).text).toBe(`${expected}# EOF\n`);
  });

  test.each([
    ['\nm 1', 'm_\nm 1'],
    ['µs', 'm_µs'],
    ['s s', 'm_s s'],
  ])('leaves out the unit %j, which is not a name', async (unit, name) => {
    const { text } = await encode(openMetrics('allow-utf-8'), [family({ name, unit })]);
    expect(parseText(text, 'openmetrics')).toEqual([{ name, type: 'gauge', samples: [] }]);
  });

  test('has the first of the counters a.total and a_total, which are one here', async () => {
    const families = ['a.total', 'a_total'].map((name) => family({ name, type: 'counter', samples: [sample(1)] }));
    const { text, losses } = await encode(openMetrics(), families);
    expect(text).toBe('# TYPE a counter\na_total 1\n# EOF\n');
    expect(losses).toEqual([expect.stringMatching('^family a_total: .*"a"')]);
  });
});

test('a counter whose series would be those of another family is unknown, under its full name', async () => {
  const counter = family({ name: 'a', type: 'counter', samples: [sample(1)] });
  const gauge = family({ name: 'a_total', samples: [sample(2)] });
  const written = async (...families: MetricFamily[]) => (await encode(openMetrics(), families)).text;
  expect(await written(counter, gauge)).toBe('# TYPE a unknown\na 1\n# TYPE a_total gauge\na_total 2\n# EOF\n');
  expect(await written(gauge, counter)).toBe('# TYPE a_total gauge\na_total 2\n# TYPE a unknown\na 1\n# EOF\n');
});

describe('families whose names clash', () => {
  const total = family({ name: 'x_total', type: 'counter', help: 'h', samples: [sample(1)] });
  const unknownTotal = '# TYPE x_total unknown\n# HELP x_total h\nx_total 1\n';

  test.each<[string, MetricFamily, string]>([
    ['a gauge x', family({ name: 'x', samples: [sample(2)] }), '# TYPE x gauge\nx 2\n'],
    ['a gauge x_created', family({ name: 'x_created', samples: [sample(2)] }), '# TYPE x_created gauge\nx_created 2\n'],
    [
      'a histogram x',
      family({ name: 'x', type: 'histogram', samples: [{ labels: {}, value: histogram }] }),
      '# TYPE x histogram\nx_bucket{le="1e-05"} 1\nx_bucket{le="1e+06"} 2\nx_bucket{le="+Inf"} 3\nx_sum 1.5\nx_count 3\n',
    ],
  ])('are %s, and x_total as unknown', async (_, other, text) => {
    const encoder = openMetrics();
    expect(await encode(encoder, [other, total])).toMatchObject({ text: `${text}${unknownTotal}# EOF\n`, losses: [] });
    const reversed = openMetrics();
    for (let scrape = 0; scrape < 3; scrape++) {
      expect(await encode(reversed, [total, other])).toMatchObject({
        text: `${unknownTotal}${text}# EOF\n`,
        losses: [],
      });
    }
    // The names with a prefix clash alike.
    expect((await encode(reversed, [total, other], 'p_')).losses).toEqual([]);
  });

  const gauge = family({ name: 'x', samples: [sample(2)] });

  test('are a gauge after an empty one and the counter, whatever is between them', async () => {
    const empty = family({ name: 'e', type: 'counter' });
    const between = ['a', 'b'].map((name) => family({ name: `${name}_total`, type: 'counter', samples: [sample(1)] }));
    const { text, losses } = await encode(openMetrics(), [empty, between[0]!, total, empty, between[1]!, gauge]);
    expect(text).toBe(
      `# TYPE e counter\n# TYPE a counter\na_total 1\n${unknownTotal}# TYPE b counter\nb_total 1\n# TYPE x gauge\nx 2\n# EOF\n`,
    );
    expect(losses).toEqual([]);
  });

  test('are a gauge after a counter, which loses its exemplars but no value', async () => {
    const labels = { a: ' # {"\\', b: '\n# {' };
    const exemplar = { labels, value: 0.5, timestamp: 1 };
    const samples = [{ labels, value: 1, exemplar }, { labels: {}, value: 2, exemplar }, sample(3, { b: ' # {' })];
    const counter = family({ name: 'x_total', type: 'counter', samples });
    const encoder = openMetrics();
    const { text, losses } = await encode(encoder, [counter, gauge]);
    expect(losses).toEqual([]);
    expect(text).toBe((await encode(encoder, [counter, gauge])).text);
    expect(text).not.toContain('0.5');
    expect((await encode(openMetrics(), [counter])).text.match(/ # \{.*\} 0\.5 1$/gm)).toHaveLength(2);
  });

  test.each([
    [20_000, 0],
    [100_000, 1],
  ])('lose nothing in the first document, unless 1 MiB is between them: %i samples', async (count, lost) => {
    const large = family({ name: 'l', samples: Array.from({ length: count }, (_, i) => sample(i, { i: `${i}` })) });
    const encoder = openMetrics();
    const first = await encode(encoder, [total, large, gauge]);
    expect(first.losses).toHaveLength(lost);
    for (const [i, { length }] of first.chunks.entries()) {
      const isLast = i === first.chunks.length - 1;
      expect(length).toBeLessThan(isLast ? CHUNK_SIZE : 2 * CHUNK_SIZE + 100);
      if (!isLast) expect(length).toBeGreaterThanOrEqual(CHUNK_SIZE);
    }
    const second = await encode(encoder, [total, large, gauge]);
    expect(second.losses).toEqual([]);
    expect(second.text).toMatch(/^# TYPE x_total unknown\n.*\nx 2\n# EOF\n$/s);
    if (lost === 0) expect(first.text).toBe(second.text);
  });

  test('hold back text in the first document only', async () => {
    const encoder = openMetrics();
    const pulled: number[] = [];
    for (let scrape = 0; scrape < 2; scrape++) {
      const samples = watched((i) => (i < 10_000 ? sample(i, { i: `${i}` }) : undefined));
      const chunks = chunksOf(encoder, [total, family({ name: 'l', samples })], { prefix: '', drops: recordDrops([]) });
      await chunks.next();
      pulled.push(samples.pulled);
      for await (const _ of chunks);
    }
    expect(pulled[0]).toBeGreaterThan(10_000);
    expect(pulled[1]).toBeLessThan(5_000);
  });

  test('are counters of the same series, both unknown, whichever is first', async () => {
    const counter = family({ name: 'x', type: 'counter', samples: [sample(2)] });
    expect(await encode(openMetrics(), [total, counter])).toMatchObject({
      text: `${unknownTotal}# TYPE x unknown\nx 2\n# EOF\n`,
      losses: [],
    });
    expect(await encode(openMetrics(), [counter, total])).toMatchObject({
      text: `# TYPE x unknown\nx 2\n${unknownTotal}# EOF\n`,
      losses: [],
    });
  });

  test.each([['x'], ['x_total']])('are an empty counter %s that is written without a sample', async (name) => {
    const empty = family({ name, type: 'counter' });
    const gauge = family({ name: 'x', samples: [sample(2)] });
    expect((await encode(openMetrics(), [empty])).text).toBe('# TYPE x counter\n# EOF\n');
    const { text, losses } = await encode(openMetrics(), [empty, gauge]);
    expect(text).toBe(`${name === 'x' ? '' : '# TYPE x_total unknown\n'}# TYPE x gauge\nx 2\n# EOF\n`);
    expect(losses).toEqual([]);
  });

  test('are an empty counter x and a counter x_total, of which the first is left to it', async () => {
    const empty = family({ name: 'x', type: 'counter' });
    for (const families of [
      [empty, total],
      [total, empty],
    ]) {
      const { text, losses } = await encode(openMetrics(), families);
      expect(text).toBe('# TYPE x counter\n# HELP x h\nx_total 1\n# EOF\n');
      expect(losses).toEqual([]);
    }
  });

  test('leave an empty counter in its place, or move it behind a family that fills a chunk', async () => {
    const empty = family({ name: 'e', type: 'counter' });
    const small = family({ name: 's', samples: [sample(1)] });
    expect((await encode(openMetrics(), [empty, small])).text).toBe('# TYPE e counter\n# TYPE s gauge\ns 1\n# EOF\n');
    const large = family({ name: 'l', samples: Array.from({ length: 5000 }, (_, i) => sample(i, { i: `${i}` })) });
    const { text, losses } = await encode(openMetrics(), [empty, large, small]);
    expect(text).toMatch(/\nl\{i="4999"\} 4999\n# TYPE e counter\n# TYPE s gauge\ns 1\n# EOF\n$/);
    expect(text.match(/^l\{/gm)).toHaveLength(5000);
    expect(losses).toEqual([]);
  });

  describe.each([
    ['histogram', 'bucket', { ...histogram, exemplars: [{ labels: { a: '"} # {' }, value: 1 }] }],
    ['summary', 'quantile', { count: 3, sum: 1.5, quantiles: [0.5], values: [2] }],
  ])('are a %s x and x_created', (type, _, value) => {
    const keyed = type === 'histogram' ? 'x_bucket' : 'x';
    const lines = ['a', 'b'].map((l) =>
      type === 'histogram'
        ? `x_bucket{l="${l}",le="1e-05"} 1\nx_bucket{l="${l}",le="1e+06"} 2\nx_bucket{l="${l}",le="+Inf"} 3\n`
        : `x{l="${l}",quantile="0.5"} 2\n`,
    );
    const series = `# TYPE ${keyed} unknown\n# HELP ${keyed} h\n${lines.join('')}# TYPE x_sum unknown\n# HELP x_sum h\nx_sum{l="a"} 1.5\nx_sum{l="b"} 1.5\n# TYPE x_count unknown\n# HELP x_count h\nx_count{l="a"} 3\nx_count{l="b"} 3\n`;
    const samples = ['a', 'b'].map((l) => ({ labels: { l }, value }));
    const distribution = family({ name: 'x', type, help: 'h', samples });
    const created = family({ name: 'x_created', samples: [sample(7)] });
    const createdText = '# TYPE x_created gauge\nx_created 7\n';

    test('whose series are unknown in every document, in either order', async () => {
      for (const [families, text] of [
        [[distribution, created], series + createdText],
        [[created, distribution], createdText + series],
      ] as const) {
        const encoder = openMetrics();
        for (let scrape = 0; scrape < 3; scrape++) {
          expect(await encode(encoder, families)).toMatchObject({ text: `${text}# EOF\n`, losses: [] });
        }
      }
    });

    test('with names that are quoted', async () => {
      const named = (one: MetricFamily, name: string) => ({ ...one, name });
      const encoder = openMetrics('allow-utf-8');
      const families = [named(distribution, 'ü'), named(created, 'ü_created')];
      const first = await encode(encoder, families);
      expect(first.losses).toEqual([]);
      expect(first.text.match(/^\{"ü_(?:sum|count)",/gm)).toHaveLength(4);
      expect(first.text.match(/^# TYPE .*$/gm)).toHaveLength(4);
      expect(await encode(encoder, families)).toMatchObject({ text: first.text });
    });

    test('of which only the first is written if the second has no samples', async () => {
      const { text, losses } = await encode(openMetrics(), [distribution, family({ name: 'x_created' })]);
      expect(text).toMatch(new RegExp(`^# TYPE x ${type}\n`));
      expect(losses).toEqual([]);
    });
  });

  test('of which two are one family that comes twice do not change its type', async () => {
    const encoder = openMetrics();
    for (let scrape = 0; scrape < 2; scrape++) {
      const { text, losses } = await encode(encoder, [total, total]);
      expect(text).toBe('# TYPE x counter\n# HELP x h\nx_total 1\n# EOF\n');
      expect(losses).toHaveLength(1);
    }
  });
});

describe('a histogram with a bound below 0, of which OpenMetrics forbids the sum and the count', () => {
  const value = { count: 3, sum: -1.5, bounds: [-1, 1], cumulativeCounts: [1, 2] };
  const samples = ['a', 'b'].map((l) => ({ labels: { l }, value }));
  const buckets = (l: string) =>
    `h_bucket{l="${l}",le="-1.0"} 1\nh_bucket{l="${l}",le="1.0"} 2\nh_bucket{l="${l}",le="+Inf"} 3\n`;
  const series = `# TYPE h_bucket unknown\n${buckets('a')}${buckets('b')}# TYPE h_sum unknown\nh_sum{l="a"} -1.5\nh_sum{l="b"} -1.5\n# TYPE h_count unknown\nh_count{l="a"} 3\nh_count{l="b"} 3\n`;
  const histogramOf = (all: MetricFamily['samples']) => ({ ...family({ name: 'h', type: 'histogram' }), samples: all });

  test.each<[string, () => MetricFamily['samples']]>([
    ['an array', () => samples],
    ['an iterable', () => samples.values()],
    [
      'an async iterable',
      async function* () {
        yield* samples;
      },
    ],
  ])('is written as its series in every document: %s', async (_, all) => {
    const encoder = openMetrics();
    for (let scrape = 0; scrape < 3; scrape++) {
      const { text, losses } = await encode(encoder, [histogramOf(all()), family({ name: 'x', samples: [sample(1)] })]);
      expect(text).toBe(`${series}# TYPE x gauge\nx 1\n# EOF\n`);
      expect(losses).toEqual([]);
    }
  });

  test('is written as its series from the scrape on in which it has one', async () => {
    const encoder = openMetrics();
    const positive = { ...value, bounds: [0.5, 1] };
    const { text } = await encode(encoder, [histogramOf([{ labels: {}, value: positive }])]);
    expect(text).toMatch(/^# TYPE h histogram\n[^#]*h_sum -1.5\nh_count 3\n# EOF\n$/);
    expect(await encode(encoder, [histogramOf(samples)])).toMatchObject({ text: `${series}# EOF\n`, losses: [] });
  });

  test('lacks both, which is reported, if its first samples had no such bound', async () => {
    const positive = { labels: {}, value: { ...value, bounds: [0.5, 1] } };
    const { text, losses } = await encode(openMetrics(), [histogramOf([positive, ...samples].values())]);
    expect(text).toMatch(/^# TYPE h histogram\n/);
    expect(text).not.toMatch(/^h_(?:sum|count)\{/m);
    expect(losses).toEqual([
      expect.stringContaining(
        'it has a bound below 0, unlike the samples before it, so that it may have no sum and count',
      ),
      expect.anything(),
    ]);
  });

  const throwing = Object.defineProperty({ labels: {} }, 'value', {
    get() {
      throw new Error('no value');
    },
  });

  test.each<unknown>([null, undefined, throwing])('loses only what is no sample: %p', async (invalid) => {
    for (const all of [samples, [{ labels: {}, value: { ...value, bounds: [0.5, 1] } }]]) {
      const { text } = await encode(openMetrics(), [histogramOf(all)]);
      const found = await encode(openMetrics(), [histogramOf([invalid as Sample, ...all])]);
      expect(found).toMatchObject({ text, losses: [expect.anything()] });
    }
  });

  test('is dropped if another family has one of the names of its series', async () => {
    const { text, losses } = await encode(openMetrics(), [
      family({ name: 'h_sum', samples: [sample(1)] }),
      histogramOf(samples),
    ]);
    expect(text).toBe('# TYPE h_sum gauge\nh_sum 1\n# EOF\n');
    expect(losses).toHaveLength(1);
  });
});

describe('an exemplar', () => {
  const NUMBERS = /an exemplar's value and timestamp are not numbers$/;
  const ofCounter = (exemplar: unknown, labels = {}) => ({
    ...family({ name: 'c', type: 'counter' }),
    samples: [{ labels, value: 5, exemplar } as Sample],
  });
  const trace: Exemplar = { labels: { trace_id: 'x' }, value: 0.5 };

  test.each([
    ['with labels', trace, '{trace_id="x"} 0.5'],
    ['without labels', { labels: {}, value: -1 }, '{} -1'],
    ['with a time', { ...trace, timestamp: 1700000000.123 }, '{trace_id="x"} 0.5 1700000000.123'],
    ['from the beginning of time', { ...trace, timestamp: 0 }, '{trace_id="x"} 0.5 0'],
    ['that is not a number', { ...trace, value: Number.NaN }, '{trace_id="x"} NaN'],
    ['that has to be escaped', { labels: { 'a.b': '"\\\n中' }, value: 1 }, '{a_b="\\"\\\\\\n中"} 1'],
    ['of 128 characters', { labels: { a: '\u{1F600}'.repeat(127) }, value: 1 }, `{a="${'\u{1F600}'.repeat(127)}"} 1`],
  ])('%s stands behind the value of a counter', async (_, exemplar, expected) => {
    const { text, losses } = await encode(openMetrics(), [ofCounter(exemplar, { le: 'y' })]);
    expect(text).toBe(`# TYPE c counter\nc_total{le="y"} 5 # ${expected}\n# EOF\n`);
    expect(losses).toEqual([]);
  });

  test('stands behind its bucket, the last one behind +Inf', async () => {
    const value = { ...histogram, exemplars: [undefined, trace, { ...trace, timestamp: 7 }] };
    const { text } = await encode(openMetrics(), [family({ type: 'histogram', samples: [sample(value)] })]);
    expect(text).toBe(
      '# TYPE m histogram\nm_bucket{le="1e-05"} 1\nm_bucket{le="1e+06"} 2 # {trace_id="x"} 0.5\n' +
        'm_bucket{le="+Inf"} 3 # {trace_id="x"} 0.5 7\nm_sum 1.5\nm_count 3\n# EOF\n',
    );
  });

  test.each(['gauge', 'untyped'])('of a %s is not written', async (type) => {
    const { text, losses } = await encode(openMetrics(), [{ ...ofCounter(trace), type } as never]);
    expect(text).not.toContain('trace');
    expect(losses).toEqual([]);
  });

  test.each([
    [
      'with more than 128 characters',
      { labels: { a: 'x'.repeat(128) }, value: 1 },
      /have 129 characters; 128 are allowed$/,
    ],
    [
      'with two labels that are one',
      { labels: { 'a.b': 'x', a_b: 'y' }, value: 1 },
      /two of its labels \(a\.b, a_b\) are one after escaping$/,
    ],
    ['with a label value that is none', { labels: { a: null }, value: 1 }, /label "a" is null; write a string$/],
    ['without labels', { value: 1 }, /./],
    ['without a value', { labels: {} }, NUMBERS],
    ['with a text for a value', { labels: {}, value: '1\nm 2' }, NUMBERS],
    ['with a text for a time', { labels: {}, value: 1, timestamp: 'now' }, NUMBERS],
    ['with a time that is null', { labels: {}, value: 1, timestamp: null }, NUMBERS],
    ['with no number for a time', { labels: {}, value: 1, timestamp: Number.NaN }, NUMBERS],
    ['at the end of time', { labels: {}, value: 1, timestamp: Number.POSITIVE_INFINITY }, NUMBERS],
    ['that is a text', 'trace', /./],
  ])('%s is reported, and costs itself alone', async (_, exemplar, reason) => {
    const value = { ...histogram, exemplars: [trace, exemplar, trace] };
    const { text, losses } = await encode(openMetrics(), [
      ofCounter(exemplar),
      family({ type: 'histogram', samples: [sample(value)] }),
    ]);
    const [counter, read] = parseText(text, 'openmetrics');
    expect(counter?.samples).toEqual([{ labels: {}, value: 5 }]);
    expect(read?.samples[0]?.value).toEqual({ ...histogram, exemplars: [trace, undefined, trace] });
    expect(losses).toEqual([expect.stringMatching(/^sample c: /), expect.stringMatching(/^sample m: /)]);
    for (const loss of losses) expect(loss).toMatch(reason);
  });

  test('is not noticed where there is none', async () => {
    const families = [
      ofCounter(null),
      family({ type: 'histogram', samples: [sample({ ...histogram, exemplars: [] })] }),
    ];
    const { losses, text } = await encode(openMetrics(), families);
    expect(losses).toEqual([]);
    expect(text).not.toContain('# {');
  });
});
