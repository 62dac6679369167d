import { parseOpenMetrics } from '../../lib/parsers/prometheus-text.ts';
import { readAll, readUpTo } from '../support/parsed.ts';

const read = (document: string) => readAll(parseOpenMetrics(), document);

const TRUNCATED =
  'expected a line feed, got the end of a document that may be truncated: neither a Content-Length nor chunked encoding shows its end';

describe('a family of OpenMetrics', () => {
  test.each<[document: string, family: object]>([
    ['# TYPE m gauge\nm 1\n', { name: 'm', type: 'gauge', samples: [{ labels: {}, value: 1 }] }],
    ['# TYPE m unknown\nm 1 123.5\n', { name: 'm', type: 'untyped', samples: [{ labels: {}, value: 1 }] }],
    ['m{a="x"} -1.5e3\n', { name: 'm', type: 'untyped', samples: [{ labels: { a: 'x' }, value: -1500 }] }],
    [
      '# TYPE m_seconds counter\n# UNIT m_seconds seconds\n# HELP m_seconds what \\"it\\" is\\n\nm_seconds_total{a="x"} 1\n',
      {
        name: 'm_seconds_total',
        type: 'counter',
        unit: 'seconds',
        help: 'what "it" is\n',
        samples: [{ labels: { a: 'x' }, value: 1 }],
      },
    ],
    ['# TYPE m counter\n# UNIT m \n', { name: 'm_total', type: 'counter', samples: [] }],
    [
      '# TYPE build info\nbuild_info{version="1"} 1\n',
      { name: 'build_info', type: 'gauge', samples: [{ labels: { version: '1' }, value: 1 }] },
    ],
    [
      '# TYPE s stateset\ns{s="on"} 1\ns{s="off"} 0\n',
      {
        name: 's',
        type: 'gauge',
        samples: [
          { labels: { s: 'on' }, value: 1 },
          { labels: { s: 'off' }, value: 0 },
        ],
      },
    ],
    [
      '# TYPE m counter\nm_total 1 123 # {trace_id="a } # {b"} 0.5 1520879607.789\nm_total{a="x # {y"} 2 # {} NaN\nm_total{a="z"} 3\n',
      {
        name: 'm_total',
        type: 'counter',
        samples: [
          {
            labels: {},
            value: 1,
            exemplar: { labels: { trace_id: 'a } # {b' }, value: 0.5, timestamp: 1520879607.789 },
          },
          { labels: { a: 'x # {y' }, value: 2, exemplar: { labels: {}, value: Number.NaN } },
          { labels: { a: 'z' }, value: 3 },
        ],
      },
    ],
    [
      'm_total 1 # {__name__="n",a="x",a="y"} 1\n',
      {
        name: 'm_total',
        type: 'untyped',
        samples: [{ labels: {}, value: 1 }],
      },
    ],
    [
      '# TYPE m counter\nm_total 1 # {__name__="n",a="x",a="y"} 1\n',
      {
        name: 'm_total',
        type: 'counter',
        samples: [{ labels: {}, value: 1, exemplar: { labels: { __name__: 'n', a: 'y' }, value: 1 } }],
      },
    ],
    [
      '# TYPE "a.b" counter\n{"a.b_total","c.d"="x"} 1\n',
      { name: 'a.b_total', type: 'counter', samples: [{ labels: { 'c.d': 'x' }, value: 1 }] },
    ],
    [
      '# TYPE h histogram\nh_bucket{le="1.0"} 1 # {id="a"} 0.5\nh_bucket{le="+Inf"} 3 # {id="b"} 5 1.5\nh_count 3\nh_sum 9.5\n',
      {
        name: 'h',
        type: 'histogram',
        samples: [
          {
            labels: {},
            value: {
              count: 3,
              sum: 9.5,
              bounds: [1],
              cumulativeCounts: [1],
              exemplars: [
                { labels: { id: 'a' }, value: 0.5 },
                { labels: { id: 'b' }, value: 5, timestamp: 1.5 },
              ],
            },
          },
        ],
      },
    ],
    [
      '# TYPE s summary\ns{quantile="0.5"} 1\ns_count 2\ns_sum 3\n',
      {
        name: 's',
        type: 'summary',
        samples: [{ labels: {}, value: { count: 2, sum: 3, quantiles: [0.5], values: [1] } }],
      },
    ],
  ])('%j', async (document, family) => {
    expect(await read(`${document}# EOF\n`)).toEqual([family]);
    const framed = { isComplete: () => true };
    expect(await readAll(parseOpenMetrics(), `${document}# EOF`, undefined, framed)).toEqual([family]);
  });
});

test('a document of nothing but # EOF has no family', async () => {
  expect(await read('# EOF\n')).toEqual([]);
});

test.each<[document: string, series: object[]]>([
  [
    '# TYPE g gaugehistogram\ng_bucket{le="-1.0"} 2\ng_bucket{le="+Inf"} 4\ng_gcount 4\ng_gsum -2\n',
    [{ g_bucket: 'untyped' }, { g_gcount: 'untyped' }, { g_gsum: 'untyped' }],
  ],
  [
    '# TYPE m counter\nm_total 1\nm_created 1\n# TYPE s summary\ns_count 1\ns_created 2\n',
    [{ m_total: 'counter' }, { m_created: 'untyped' }, { s: 'summary' }, { s_created: 'untyped' }],
  ],
  [
    '# TYPE m counter\nm_total 1\n# TYPE m_created unknown\nm_created 1\n',
    [{ m_total: 'counter' }, { m_created: 'untyped' }],
  ],
  [
    '# TYPE m counter\nm_total 1\n# TYPE m_created gauge\nm_created 1\n',
    [{ m_created: 'gauge' }, { m_total: 'counter' }],
  ],
  ['# TYPE m_total counter\nm_total 1\n# TYPE b_info info\nb_info 1\n', [{ m_total: 'counter' }, { b_info: 'gauge' }]],
  ['# TYPE h histogram\nh_bucket{le="1.0"} 0.5\nh_sum 1\n', [{ h_bucket: 'untyped' }, { h_sum: 'untyped' }]],
  ['# TYPE m counter\nm 1\n# TYPE b info\nb{v="1"} 1\n', [{ m: 'untyped' }, { b: 'untyped' }]],
  [
    '# HELP m now\n# TYPE m gauge\nm 1\n# HELP m ever\n# TYPE m counter\nm_total 2\n',
    [{ m: 'gauge' }, { m_total: 'counter' }],
  ],
  ['# TYPE m gauge\n# TYPE m counter\nm_total 2\nm 1\n', [{ m: 'gauge' }, { m_total: 'counter' }]],
  ['# TYPE m counter\n# TYPE m gauge\nm 1\nm_total 2\n', [{ m: 'gauge' }, { m_total: 'counter' }]],
  [
    '# TYPE m gauge\n# TYPE m counter\n# TYPE m summary\nm_count 1\nm{quantile="0.5"} 3\nm_total 2\n',
    [{ m: 'gauge' }, { m_count: 'untyped' }, { m_total: 'counter' }],
  ],
])('the series of %j are read as written, a counter whose name clashes last', async (document, expected) => {
  const families = await read(`${document}# EOF\n`);
  expect(families.map(({ name, type }) => ({ [name]: type }))).toEqual(expected);
});

test('a gauge and a counter of one name have their own help', async () => {
  const document = '# HELP m now\n# TYPE m gauge\nm 1\n# HELP m ever\n# TYPE m counter\nm_total 2\n# EOF\n';
  expect((await read(document)).map(({ help }) => help)).toEqual(['now', 'ever']);
});

test('headers of one name without series are one family', async () => {
  const families = await readAll(parseOpenMetrics(), '# TYPE b info\n# TYPE b_info gauge\n# TYPE b_info info\n# EOF\n');
  expect(families).toEqual([{ name: 'b_info', type: 'gauge', samples: [] }]);
});

describe('what OpenMetrics does not allow is refused, though the Prometheus format does', () => {
  test.each<[document: string, message: string]>([
    ['', 'line 1: expected # EOF, got the end of a truncated document'],
    ['m 1\n', 'line 2: expected # EOF, got the end of a truncated document'],
    ['# TYPE m gauge\n', 'line 2: expected # EOF, got the end of a truncated document'],
    ['m 1\n# EO', `line 2: ${TRUNCATED}`],
    ['m 1\n# EOF\n\n', 'line 3: expected the end of the document after # EOF, got more'],
    ['m 1\n# EOF\nm 1', `line 3: ${TRUNCATED}`],
    ['m 1\n# EOF\n# EOF\n', 'line 3: expected the end of the document after # EOF, got more'],
    ['# EOF \n', 'line 1: expected # TYPE, # HELP, # UNIT or a series, got "# EOF "'],
    ['# a comment\n# EOF\n', 'line 1: expected # TYPE, # HELP, # UNIT or a series, got "# a comment"'],
    ['m 1\n\n# EOF\n', 'line 2: expected a series, got the end of the line'],
    [' m 1\n# EOF\n', 'line 1: expected a series, got " m 1"'],
    ['m  1\n# EOF\n', 'line 1: expected a number, got " 1"'],
    ['m\t1\n# EOF\n', 'line 1: expected a blank, got "\\t1"'],
    ['m 1 \n# EOF\n', 'line 1: expected a number, got the end of the line'],
    ['m{a="x"}1\n# EOF\n', 'line 1: expected a blank, got "1"'],
    ['m{a="x", b="y"} 1\n# EOF\n', 'line 1: expected a label name, got " b=\\"y\\""'],
    ['m{ } 1\n# EOF\n', 'line 1: expected a label name, got " "'],
    [
      'm 1\r\n# EOF\n',
      'line 1: expected a number, got "1\\r"; lines must end in a line feed without a carriage return',
    ],
    ['m 1 +Inf\n# EOF\n', 'line 1: expected a timestamp, got Infinity'],
    ['m 1 2 3\n# EOF\n', 'line 1: expected # {, got "3"'],
    ['m_total 1 # {a="x"}\n# EOF\n', 'line 1: expected a blank, got the end of the line'],
    ['m_total 1 # {a="x"} 1 2 3\n# EOF\n', 'line 1: expected the end of the line, got " 3"'],
    ['m_total 1 # {a="x} 1\n# EOF\n', 'line 1: expected a quote at the end of "\\"x", got none'],
    ['m{b="y # {a="x"} 1\n# EOF\n', 'line 1: expected a comma, got "x\\""'],
    ['m 1 st@1\n# EOF\n', 'line 1: expected a number, got "st@1"'],
    ['# TYPE  m gauge\n# EOF\n', 'line 1: expected a metric name, got " m gauge"'],
    ['# TYPE m untyped\n# EOF\n', 'line 1: expected a metric type, got "untyped"'],
    ['# TYPE m gauge \n# EOF\n', 'line 1: expected a metric type, got "gauge "'],
    ['# HELP m\n# EOF\n', 'line 1: expected a blank, got the end of the line'],
    ['# UNIT m\n# EOF\n', 'line 1: expected a blank, got the end of the line'],
    ['m+1\n# EOF\n', 'line 1: expected a series, got "m+1"'],
    ['# HELP foo-bar text\n# EOF\n', 'line 1: expected a blank, got "-bar text"'],
    ['# UNIT m x\n# EOF\n', 'line 1: expected a unit with which the name ends, got "x"'],
    ['m{a="x",} 1\n# EOF\n', 'line 1: expected a label name, got "}"'],
    ['# TYPE h histogram\nh{} {count:1,sum:1}\n# EOF\n', 'line 2: expected a number, got "{count:1,sum:1}"'],
    [
      '# TYPE m gauge\nm 1 # {a="x"} 1\n# EOF\n',
      'line 2: expected no exemplar for "m", whose name ends in neither _total nor _bucket',
    ],
  ])('%j', async (document, message) => {
    await expect(read(document)).rejects.toMatchObject({ code: 'ERR_METRICS_MALFORMED_DOCUMENT', message });
  });
});

test('a document that was cut is refused, wherever that was', async () => {
  const document = `# TYPE h histogram
# HELP h ümläut
h_bucket{a="x",le="1.0"} 1 # {id="a"} 0.5 1.5
h_bucket{a="x",le="+Inf"} 13
h_sum{a="x"} 15.5
h_count{a="x"} 13
# TYPE c counter
c_total{a="🦊"} 123
# EOF
`;
  const bytes = Buffer.from(document);
  for (let length = 0; length < bytes.length; length++) {
    const { error } = await readUpTo(parseOpenMetrics(), bytes.subarray(0, length));
    expect(error).toMatchObject({ code: 'ERR_METRICS_MALFORMED_DOCUMENT' });
  }
  expect(await read(document)).toHaveLength(2);
});
