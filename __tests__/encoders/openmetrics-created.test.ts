import { CHUNK_SIZE } from '../../lib/encoders/unsent-text.ts';
import type { MetricFamily, Sample } from '../../lib/model/metric-family.ts';
import { parseOpenMetrics } from '../../lib/parsers/prometheus-text.ts';
import { collectAll } from '../support/collect.ts';
import { encode, family, sample } from '../support/encode.ts';
import { openMetrics } from '../support/encoders.ts';

const exemplar = { labels: { trace: 'a b" # {' }, value: 0.5 };
const value = { count: 2, sum: 1, bounds: [1], cumulativeCounts: [1], exemplars: [exemplar, undefined] };
const histogram = (...labelSets: Sample['labels'][]) =>
  family({ name: 'h', type: 'histogram', samples: labelSets.map((labels) => ({ labels, value })) });
const created = (name: string, ...samples: Sample[]) => family({ name, type: 'untyped', samples });
/** A time near the beginning of 2025. */
const at = (seconds: number, labels: Sample['labels'] = {}) => sample(1_735_690_000 + seconds, labels);
const large = (length: number) =>
  family({ name: 'l', samples: Array.from({ length }, (_, i) => sample(i, { i: `${i}`.padEnd(20) })) });

const BUCKETS = (labels: string) => `h_bucket{${labels}le="1.0"} 1 # {trace="a b\\" # {"} 0.5
h_bucket{${labels}le="+Inf"} 2
`;

/** Three documents of one encoder, which must be equal. */
async function textOf(...families: MetricFamily[]): Promise<string> {
  const encoder = openMetrics();
  const { text, losses } = await encode(encoder, families);
  expect(losses).toEqual([]);
  for (let i = 0; i < 2; i++) expect(await encode(encoder, families)).toMatchObject({ text, losses });
  return text;
}

describe('an untyped family x_created becomes a part of', () => {
  test('a histogram x, which keeps its type and exemplars', async () => {
    const families = [
      histogram({ a: '1' }, { a: ' {"' }),
      family({ name: 'other', samples: [sample(1)] }),
      created('h_created', at(17.5, { a: ' {"' }), at(16.25, { a: '1' })),
      family({ name: 'last', samples: [sample(1)] }),
    ];
    expect(await textOf(...families)).toBe(`# TYPE h histogram
${BUCKETS('a="1",')}h_sum{a="1"} 1
h_count{a="1"} 2
h_created{a="1"} 1735690016.25
${BUCKETS('a=" {\\"",')}h_sum{a=" {\\""} 1
h_count{a=" {\\""} 2
h_created{a=" {\\""} 1735690017.5
# TYPE other gauge
other 1
# TYPE last gauge
last 1
# EOF
`);
  });

  test('a summary x', async () => {
    const summary = { count: 2, sum: 1, quantiles: [0.5], values: [3] };
    const families = [
      family({ name: 's', type: 'summary', samples: [{ labels: {}, value: summary }] }),
      created('s_created', at(16)),
    ];
    expect(await textOf(...families)).toBe(
      '# TYPE s summary\ns{quantile="0.5"} 3\ns_sum 1\ns_count 2\ns_created 1735690016\n# EOF\n',
    );
  });

  test('a counter x_total, which keeps its exemplars', async () => {
    const counter = family({
      name: 'c_total',
      type: 'counter',
      samples: [
        { labels: { a: '1' }, value: 5, exemplar },
        { labels: {}, value: 6 },
      ],
    });
    expect(await textOf(counter, created('c_created', at(16), at(17, { a: '1' })))).toBe(`# TYPE c counter
c_total{a="1"} 5 # {trace="a b\\" # {"} 0.5
c_created{a="1"} 1735690017
c_total 6
c_created 1735690016
# EOF
`);
  });
});

describe('a histogram is written as its series, and none is lost,', () => {
  const names = (text: string) => [...text.matchAll(/^# TYPE (.*)$/gm)].map(([, name]) => name);
  const SERIES = ['h_bucket unknown', 'h_sum unknown', 'h_count unknown', 'h_created unknown'];

  test.each([5, -1, 0, 1_735_690_000_000, Number.NaN, Number.POSITIVE_INFINITY])(
    'next to values of which one is no time, such as %d',
    async (value) => {
      const families = [histogram({ a: '1' }, {}), created('h_created', at(1, { a: '1' }), sample(value))];
      expect(names(await textOf(...families)).sort()).toEqual([...SERIES].sort());
    },
  );

  test('next to two times of the same sample', async () => {
    const text = await textOf(histogram({}), created('h_created', at(1), at(2)));
    expect(names(text).sort()).toEqual([...SERIES].sort());
    expect(text.match(/^h_created /gm)).toHaveLength(2);
  });

  test('next to times of a sample that it does not have', async () => {
    const text = await textOf(histogram({}), created('h_created', at(1), at(2, { a: '1' })));
    expect(names(text).sort()).toEqual([...SERIES].sort());
    expect(text).not.toContain('trace');
  });

  test('next to a gauge of that name, which may be something else', async () => {
    const text = await textOf(histogram({}), family({ name: 'h_created', samples: [at(1)] }));
    expect(names(text)).toContain('h_created gauge');
    expect(names(text)).toContain('h_bucket unknown');
  });

  test('next to times before it', async () => {
    const text = await textOf(created('h_created', at(1)), histogram({}));
    expect(names(text).sort()).toEqual([...SERIES].sort());
  });

  test('next to times and to a family with the name of one of its series', async () => {
    const families = [
      histogram({}),
      created('h_created', at(1)),
      family({ name: 'h_sum', samples: [sample(9, { a: 'b' })] }),
    ];
    const { text, losses } = await encode(openMetrics(), families);
    expect(losses).toHaveLength(1);
    expect(text.match(/^h_created /gm)).toHaveLength(1);
  });

  test('if its times exceed what is held back', async () => {
    const labelSets = Array.from({ length: 12_000 }, (_, i) => ({ i: `${i}` }));
    const families = [
      histogram(...labelSets.slice(0, 1)),
      created('h_created', ...labelSets.map((it) => at(1, it))),
      large(30_000),
    ];
    const text = await textOf(...families);
    expect(names(text)).toContain('h_created unknown');
    expect(text.match(/^h_created\{/gm)).toHaveLength(12_000);
  });
});

test('times that come after their histogram was sent are dropped once and reported', async () => {
  const encoder = openMetrics();
  const families = [histogram({}), large(60_000), created('h_created', at(1))];
  const { text, losses } = await encode(encoder, families);
  expect(losses).toEqual([expect.stringContaining('the name "h_created" is another family')]);
  expect(text).not.toContain('h_created');
  const next = await encode(encoder, families);
  expect(next.losses).toEqual([]);
  expect(next.text).toContain('# TYPE h_created unknown\nh_created 1735690001\n');
});

test('times that come in a later document for the first time become a part in the next one', async () => {
  const encoder = openMetrics();
  const before = [histogram({}), large(5_000)];
  for (let i = 0; i < 2; i++) await encode(encoder, before);
  const families = [...before, created('h_created', at(1))];
  expect((await encode(encoder, families)).losses).toHaveLength(1);
  for (let i = 0; i < 2; i++) {
    const { text, losses } = await encode(encoder, families);
    expect(losses).toEqual([]);
    expect(text).toContain('h_count 2\nh_created 1735690001\n');
  }
});

describe('times that come in a later document for the first time are dropped once only', () => {
  const many = Array.from({ length: 12_000 }, (_, i) => ({ i: `${i}` }));
  const counter = family({ name: 'requests', type: 'counter', samples: [sample(5)] });

  test.each<[string, MetricFamily[], MetricFamily, string]>([
    ['if more than 1 MiB is between', [histogram({}), large(60_000)], created('h_created', at(16)), 'h_bucket unknown'],
    ['if the histogram is longer than 1 MiB', [histogram(...many)], created('h_created', at(16)), 'h_bucket unknown'],
    [
      'after a counter without _total',
      [counter, large(5_000)],
      created('requests_created', at(16)),
      'requests counter',
    ],
    [
      'more than 1 MiB after such a counter',
      [counter, large(60_000)],
      created('requests_created', at(16)),
      'requests unknown',
    ],
  ])('%s', async (_, before, times, head) => {
    const encoder = openMetrics();
    for (let i = 0; i < 2; i++) expect((await encode(encoder, before)).losses).toEqual([]);
    expect((await encode(encoder, [...before, times])).losses).toHaveLength(1);
    for (let i = 0; i < 2; i++) {
      const { text, losses } = await encode(encoder, [...before, times]);
      expect(losses).toEqual([]);
      expect(text).toContain(`# TYPE ${head}\n`);
      expect(text).toContain(`\n${times.name} 1735690016\n`);
    }
  });
});

test('a histogram whose times stay away again is one with exemplars as before', async () => {
  const encoder = openMetrics();
  const before = [histogram({}), large(5_000)];
  const { text } = await encode(encoder, before);
  await encode(encoder, [...before, created('h_created', at(16))]);
  for (let i = 0; i < 2; i++) expect(await encode(encoder, before)).toMatchObject({ text, losses: [] });
});

test('a histogram is unknown in one document only if the chunk with it ends in the times that begin to come', async () => {
  const encoder = openMetrics();
  const labelSets = Array.from({ length: 100 }, (_, i) => ({ i: `${i}` }));
  const h = histogram(...labelSets);
  const { length } = (await encode(openMetrics(), [h])).text;
  const before = [family({ name: 'l', samples: [sample(1, { i: 'x'.repeat(CHUNK_SIZE - length - 100) })] }), h];
  for (let i = 0; i < 2; i++) await encode(encoder, before);
  const families = [...before, created('h_created', ...labelSets.map((it) => at(16, it)))];
  for (const head of ['h_bucket unknown', 'h histogram', 'h histogram']) {
    const { text, losses } = await encode(encoder, families);
    expect(losses).toEqual([]);
    expect(text).toContain(`# TYPE ${head}\n`);
    expect(text.match(/^h_created\{/gm)).toHaveLength(100);
  }
});

test('a counter without _total that is rewritten has its own name, and no label is changed', async () => {
  const path = '\nrequests_total{"requests_total';
  const counter = family({
    name: 'requests',
    type: 'counter',
    samples: [
      { labels: { path }, value: 5, exemplar },
      { labels: {}, value: 6 },
    ],
  });
  expect(await textOf(counter, family({ name: 'requests_created', samples: [at(1)] }))).toBe(`# TYPE requests unknown
requests{path="\\nrequests_total{\\"requests_total"} 5
requests 6
# TYPE requests_created gauge
requests_created 1735690001
# EOF
`);
});

test('a document with times of creation is read and written again as it was', async () => {
  const document = `# TYPE c counter
c_total{a="1"} 5 # {trace="x"} 0.5
c_created{a="1"} 1735690017
c_total{a="2"} 6
c_created{a="2"} 1735690018
# TYPE h histogram
h_bucket{le="1.0"} 1 # {trace="x"} 0.5
h_bucket{le="+Inf"} 2
h_sum 1
h_count 2
h_created 1735690016
# EOF
`;
  const parse = parseOpenMetrics();
  const body = async function* () {
    yield Buffer.from(document);
  };
  const { families } = await collectAll({ collect: () => parse(body()) });
  expect(await textOf(...families)).toBe(document);
});
