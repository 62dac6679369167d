import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parsePrometheusText } from '../../lib/parsers/prometheus-text.ts';
import { parseText } from '../support/parse-text.ts';
import { readAll } from '../support/parsed.ts';

const read = (document: string) => readAll(parsePrometheusText(), document);
const TRUNCATED =
  'expected a line feed, got the end of a document that may be truncated: neither a Content-Length nor chunked encoding shows its end';
const INF = Number.POSITIVE_INFINITY;

describe('a series of the Prometheus text format', () => {
  test.each<[line: string, name: string, labels: object, value: number]>([
    ['m 1', 'm', {}, 1],
    ['m{} 1', 'm', {}, 1],
    ['m{ } 1', 'm', {}, 1],
    ['m{a="x"} 1', 'm', { a: 'x' }, 1],
    ['m{a="x",b="y"} 1', 'm', { a: 'x', b: 'y' }, 1],
    ['m{a="x",} 1', 'm', { a: 'x' }, 1],
    ['m{a="x"b="y"} 1', 'm', { a: 'x', b: 'y' }, 1],
    ['m{a="x"}1', 'm', { a: 'x' }, 1],
    ['m \t{ a = "x" , b\t=\t"y" , }\t1 \t', 'm', { a: 'x', b: 'y' }, 1],
    ['m{a=""} 1', 'm', { a: '' }, 1],
    ['m{a="} 2"} 1', 'm', { a: '} 2' }, 1],
    ['m{a="{,=",b="#"} 1', 'm', { a: '{,=', b: '#' }, 1],
    ['m{a="\\\\\\"\\n"} 1', 'm', { a: '\\"\n' }, 1],
    ['m{a="C:\\dir\\\\new"} 1', 'm', { a: 'C:\\dir\\new' }, 1],
    ['m{a="x\\\\"} 1', 'm', { a: 'x\\' }, 1],
    ['m{a="ümläut 🦊"} 1', 'm', { a: 'ümläut 🦊' }, 1],
    ['m{__proto__="x",constructor="y"} 1', 'm', JSON.parse('{"__proto__":"x","constructor":"y"}'), 1],
    ['a:b_C9 1', 'a:b_C9', {}, 1],
    ['{"http.requests"} 1', 'http.requests', {}, 1],
    ['{"http.requests",a="x"} 1', 'http.requests', { a: 'x' }, 1],
    ['{ "m" , "b.c"="x", } 1', 'm', { 'b.c': 'x' }, 1],
    ['{"a\\"\\\\\\nb"} 1', 'a"\\\nb', {}, 1],
    ['m{le="5",quantile="0.5"} 1', 'm', { le: '5', quantile: '0.5' }, 1],
    ['m 1 1395066363000', 'm', {}, 1],
    ['m 1 \t 00 ', 'm', {}, 1],
    ['m 1 09223372036854775807', 'm', {}, 1],
    ['m+1', 'm', {}, 1],
    ['m-1 1395066363000', 'm', {}, -1],
    ['m.5', 'm', {}, 0.5],
    ['m-Inf\t', 'm', {}, -INF],
  ])('%s', async (line, name, labels, value) => {
    expect(await read(`${line}\n`)).toEqual([{ name, type: 'untyped', samples: [{ labels, value }] }]);
  });

  test.each<[text: string, value: number]>([
    ['0', 0],
    ['-0', -0],
    ['007', 7],
    ['+12', 12],
    ['999999999999999', 999999999999999],
    ['9007199254740993', 9007199254740992],
    ['18446744073709551615', 18446744073709552000],
    ['1.5', 1.5],
    ['.5', 0.5],
    ['5.', 5],
    ['-1.7560473e+07', -17560473],
    ['1E3', 1000],
    ['5e-324', 5e-324],
    ['1e-400', 0],
    ['1.7976931348623157e308', Number.MAX_VALUE],
    ['+Inf', INF],
    ['Inf', INF],
    ['-Inf', -INF],
    ['infinity', INF],
    ['NaN', Number.NaN],
    ['nan', Number.NaN],
  ])('has the value %s', async (text, value) => {
    expect(await read(`m ${text}\n`)).toEqual([{ name: 'm', type: 'untyped', samples: [{ labels: {}, value }] }]);
  });
});

describe('a line that is not of the format is refused', () => {
  test.each<[line: string, reason: string]>([
    ['m', 'expected a series, got "m"'],
    ['m ', 'expected a number, got the end of the line'],
    ['m{a="x"}', 'expected a number, got the end of the line'],
    [' m 1', 'expected a series, got " m 1"'],
    ['\tm{a="x"} 1', 'expected a series, got "\\tm{a=\\"x\\"} 1"'],
    ['m+x', 'expected a series, got "m+x"'],
    ['m 1 -5', 'expected a timestamp, got "-5"'],
    ['m 1 9223372036854775808', 'expected a timestamp, got "9223372036854775808"'],
    ['m 1 2 3', 'expected the end of the line, got "3"'],
    ['m 1 1.5', 'expected a timestamp, got "1.5"'],
    ['m 1 # {a="x"} 1', 'expected a timestamp, got "#"; if this is an exemplar, set format: "openmetrics"'],
    ['m{b="y"} 1 # {a="x"} 1', 'expected a timestamp, got "#"; if this is an exemplar, set format: "openmetrics"'],
    [
      'h_bucket{le="1"} 1 # {t="}"} 0.5 1',
      'expected a timestamp, got "#"; if this is an exemplar, set format: "openmetrics"',
    ],
    [
      'h_bucket{le="1"} 1 #{t="1"} 0.5',
      'expected a timestamp, got "#{t=\\"1\\"}"; if this is an exemplar, set format: "openmetrics"',
    ],
    [
      'h_bucket{le="1"} 1 5 # {t="1"} 0.5',
      'expected the end of the line, got "# {t=\\"1\\"} 0.5"; if this is an exemplar, set format: "openmetrics"',
    ],
    ['m 1\r', 'expected a number, got "1\\r"; lines must end in a line feed without a carriage return'],
    ['m 1_000', 'expected a number, got "1_000"'],
    ['m 0x10', 'expected a number, got "0x10"'],
    ['m 0x1p-2', 'expected a number, got "0x1p-2"'],
    ['m 1e400', 'expected a number, got "1e400"'],
    ['m 1e', 'expected a number, got "1e"'],
    ['m .', 'expected a number, got "."'],
    ['m +NaN', 'expected a number, got "+NaN"'],
    ['m null', 'expected a number, got "null"'],
    ['m 1,5', 'expected a number, got "1,5"'],
    ['m٣ 1', 'expected a series, got "m٣ 1"'],
    ['9m 1', 'expected a series, got "9m 1"'],
    ['a-b 1', 'expected a series, got "a-b 1"'],
    ['a.b 1', 'expected a series, got "a.b 1"'],
    ['"m" 1', 'expected a series, got "\\"m\\" 1"'],
    ['{a="x"} 1', 'expected a quote, got "a=\\"x\\"} 1"'],
    ['{"m"a="x"} 1', 'expected a series, got "{\\"m\\"a=\\"x\\"} 1"'],
    ['{""} 1', 'expected a series, got "{\\"\\"} 1"'],
    ['{"m} 1', 'expected a quote at the end of "\\"m} 1", got none'],
    ['m{a="x" 1', 'expected } after the labels, got none'],
    ['m{a="x} 1', 'expected a closing quote after "m{a=\\"x} 1", got none'],
    ['m{a="x\\"} 1', 'expected a closing quote after "m{a=\\"x\\\\\\"} 1", got none'],
    ['m{a="x\\\ny"} 1', 'expected a character after a backslash, got a line feed'],
    ['m{a="x",,} 1', 'expected a label name, got ","'],
    ['m{,} 1', 'expected a label name, got ","'],
    ['m{a=x} 1', 'expected a quote, got "x"'],
    ['m{a} 1', 'expected =, got "}"'],
    ['m{a.b="x"} 1', 'expected =, got ".b=\\"x\\""'],
    ['m{""="x"} 1', 'expected a label name, got "=\\"x\\""'],
    ['m{a="x",a="y"} 1', 'expected each label once, got "a" again'],
    ['m{__name__="x"} 1', 'expected the name before the labels, got the label __name__'],
    ['m{a="x"} 1}', 'expected a number, got "1}"'],
    [`m ${'9'.repeat(400)}`, `expected a number, got "${'9'.repeat(77)}…"`],
    ['{"m":1}', 'expected a series, got "{\\"m\\":1}"'],
    ['<html>', 'expected a series, got "<html>"'],
  ])('%s', async (line, reason) => {
    await expect(read(`# a comment\n\n${line}\nm 1\n`)).rejects.toMatchObject({
      name: 'MetricsError',
      code: 'ERR_METRICS_MALFORMED_DOCUMENT',
      message: `line 3: ${reason}`,
    });
  });
});

describe('what stands in front of the series', () => {
  test.each<[document: string, families: object[]]>([
    ['# HELP m what it is\n# TYPE m gauge\nm 1\n', [{ name: 'm', help: 'what it is', type: 'gauge', values: [1] }]],
    ['# TYPE m counter\n# HELP m what\nm 1\n', [{ name: 'm', help: 'what', type: 'counter', values: [1] }]],
    [' #\tTYPE  m\tgauge\nm 1\n', [{ name: 'm', type: 'gauge', values: [1] }]],
    [
      '# TYPE m gauge\n# a comment\n#\n#TYPE m counter\n\n \t\nm 1\n#HELP\n# TYPED m\nm{a="x"} 2\n',
      [{ name: 'm', type: 'gauge', values: [1, 2] }],
    ],
    // Prometheus drops one byte after the name.
    ['# TYPE m-gauge\nm 1\n', [{ name: 'm', type: 'gauge', values: [1] }]],
    ['# HELP m\nm 1\n', [{ name: 'm', help: '', type: 'untyped', values: [1] }]],
    [
      '# HELP m  two \\\\ back\\nslash\\"es" \nm 1\n',
      [{ name: 'm', help: ' two \\ back\nslash\\"es" ', type: 'untyped', values: [1] }],
    ],
    ['# TYPE "a.b" gauge\n# HELP "a.b" what\n{"a.b"} 1\n', [{ name: 'a.b', help: 'what', type: 'gauge', values: [1] }]],
    ...['foo-bar', 'a.b', 'a#b', 'foo/bar', 'm{a="x"}', 'm.b'].map((name): [string, object[]] => [
      `# HELP ${name} text\n# TYPE m gauge\nm 1\n`,
      [{ name: 'm', type: 'gauge', values: [1] }],
    ]),
    ['# TYPE m gauge\n', [{ name: 'm', type: 'gauge', values: [] }]],
    [
      '# TYPE a gauge\n# TYPE b gauge\nb 1\n',
      [
        { name: 'a', type: 'gauge', values: [] },
        { name: 'b', type: 'gauge', values: [1] },
      ],
    ],
    [
      '# TYPE a gauge\nb 1\n',
      [
        { name: 'a', type: 'gauge', values: [] },
        { name: 'b', type: 'untyped', values: [1] },
      ],
    ],
    ['# HELP a what\nb 1\n# HELP c what\n', [{ name: 'b', type: 'untyped', values: [1] }]],
    [
      'a 1\nb 2\na{x="y"} 3\n',
      [
        { name: 'a', type: 'untyped', values: [1, 3] },
        { name: 'b', type: 'untyped', values: [2] },
      ],
    ],
    [
      '# TYPE m_total counter\nm_total 1\nm_created 2\n',
      [
        { name: 'm_total', type: 'counter', values: [1] },
        { name: 'm_created', type: 'untyped', values: [2] },
      ],
    ],
    ['', []],
    ['\n# nothing\n', []],
  ])('%j', async (document, families) => {
    const found = (await read(document)).map(({ samples, ...family }) => ({
      ...family,
      values: samples.map(({ value }) => value),
    }));
    expect(found).toEqual(families);
  });

  test.each<[document: string, message: string]>([
    ['# TYPE m unknown\n', 'line 1: expected a metric type, got "unknown"'],
    ['# TYPE m constructor\n', 'line 1: expected a metric type, got "constructor"'],
    [
      '# TYPE m gauge\r\n',
      'line 1: expected a metric type, got "gauge\\r"; lines must end in a line feed without a carriage return',
    ],
    ['# TYPE m gauge, really\n', 'line 1: expected a metric type, got "gauge, really"'],
    ['# TYPE m gauge \n', 'line 1: expected a metric type, got "gauge "'],
    ['# TYPE m  gauge\n', 'line 1: expected a metric type, got " gauge"'],
    ['# TYPE m\n', 'line 1: expected a blank, got the end of the line'],
    ['# TYPE m \n', 'line 1: expected a metric type, got ""'],
    ['# TYPE mügauge\n', 'line 1: expected a blank, got "ügauge"'],
    ['# TYPE a.b gauge\n', 'line 1: expected a blank, got ".b gauge"'],
    ['# TYPE foo-bar gauge\n', 'line 1: expected a blank, got "-bar gauge"'],
    ['# HELP  \n', 'line 1: expected a metric name, got the end of the line'],
    ['# HELP -a text\n', 'line 1: expected a metric name, got "-a text"'],
    ['# HELP aü text\n', 'line 1: expected a blank, got "ü text"'],
    ['m 1', `line 1: ${TRUNCATED}`],
    ['m 1\nm 1', `line 2: ${TRUNCATED}`],
    ['\ufeffm 1\n', 'line 1: expected a series, got "\ufeffm 1"'],
  ])('%j is refused', async (document, message) => {
    await expect(read(document)).rejects.toMatchObject({ code: 'ERR_METRICS_MALFORMED_DOCUMENT', message });
  });
});

test("KumoMTA's own text gives what the strict parser of the tests reads of it", async () => {
  const text = readFileSync(join(__dirname, '../vectors/kumomta-sample.txt'), 'utf8');
  expect(await read(text)).toEqual(parseText(text));
});
