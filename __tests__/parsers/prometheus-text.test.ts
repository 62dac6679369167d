import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parsePrometheusText } from '../../lib/parsers/prometheus-text.ts';
import { parseText } from '../support/parse-text.ts';
import { readAll } from '../support/parsed.ts';

const read = (document: string) => readAll(parsePrometheusText(), document);
const INF = Number.POSITIVE_INFINITY;

describe('a series of the Prometheus text format', () => {
  test.each<[line: string, name: string, labels: object, value: number]>([
    ['m 1', 'm', {}, 1],
    ['m{} 1', 'm', {}, 1],
    ['m{ } 1', 'm', {}, 1],
    ['m{a="x"} 1', 'm', { a: 'x' }, 1],
    ['m{a="x",b="y"} 1', 'm', { a: 'x', b: 'y' }, 1],
    ['m{a="x",} 1', 'm', { a: 'x' }, 1],
    ['m{a="x"}1', 'm', { a: 'x' }, 1],
    [' \tm \t{ a = "x" , b\t=\t"y" , }\t1 \t', 'm', { a: 'x', b: 'y' }, 1],
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
    ['m 1 \t -3982045 ', 'm', {}, 1],
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
    ['m', '"m" stands where a series is expected'],
    ['m ', 'the end stands where a number is expected'],
    ['m{a="x"}', 'the end stands where a number is expected'],
    ['m 1 2 3', '"3" stands where the end of the line is expected'],
    ['m 1 1.5', '"1.5" is not a timestamp'],
    ['m 1 # {a="x"} 1', '"#" is not a timestamp'],
    ['m 1\r', '"1\\r" is not a number'],
    ['m 1_000', '"1_000" is not a number'],
    ['m 0x10', '"0x10" is not a number'],
    ['m 0x1p-2', '"0x1p-2" is not a number'],
    ['m 1e400', '"1e400" is not a number'],
    ['m 1e', '"1e" is not a number'],
    ['m .', '"." is not a number'],
    ['m +NaN', '"+NaN" is not a number'],
    ['m null', '"null" is not a number'],
    ['m 1,5', '"1,5" is not a number'],
    ['m٣ 1', '"m٣ 1" stands where a series is expected'],
    ['9m 1', '"9m 1" stands where a series is expected'],
    ['a-b 1', '"a-b 1" stands where a series is expected'],
    ['a.b 1', '"a.b 1" stands where a series is expected'],
    ['"m" 1', '"\\"m\\" 1" stands where a series is expected'],
    ['{a="x"} 1', '"a=\\"x\\"} 1" stands where " is expected'],
    ['{"m"a="x"} 1', '"{\\"m\\"a=\\"x\\"} 1" stands where a series is expected'],
    ['{""} 1', '"{\\"\\"} 1" stands where a series is expected'],
    ['{"m} 1', '"\\"m} 1" has no quote at its end'],
    ['m{a="x" 1', 'the labels do not end'],
    ['m{a="x} 1', '"\\"x" has no quote at its end'],
    ['m{a="x\\"} 1', '"\\"x\\\\\\"" has no quote at its end'],
    ['m{a="x"b="y"} 1', '"b=\\"y\\"" stands where , is expected'],
    ['m{a="x",,} 1', '"," stands where a label name is expected'],
    ['m{,} 1', '"," stands where a label name is expected'],
    ['m{a=x} 1', '"x" stands where " is expected'],
    ['m{a} 1', 'the end stands where = is expected'],
    ['m{a.b="x"} 1', '".b=\\"x\\"" stands where = is expected'],
    ['m{""="x"} 1', '"=\\"x\\"" stands where a label name is expected'],
    ['m{a="x",a="y"} 1', 'label "a" comes twice'],
    ['m{__name__="x"} 1', 'the label __name__ is not allowed: a series has its name in front'],
    ['m{a="x"} 1}', '"} 1" stands where , is expected'],
    [`m ${'9'.repeat(400)}`, `"${'9'.repeat(77)}…" is not a number`],
    ['{"m":1}', '"{\\"m\\":1}" stands where a series is expected'],
    ['<html>', '"<html>" stands where a series is expected'],
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
    [' #\tTYPE  m\t gauge \nm 1\n', [{ name: 'm', type: 'gauge', values: [1] }]],
    [
      '# TYPE m gauge\n# a comment\n#\n#TYPE m counter\n\n \t\nm 1\n#HELP\n# TYPED m\nm{a="x"} 2\n',
      [{ name: 'm', type: 'gauge', values: [1, 2] }],
    ],
    ['# HELP m\nm 1\n', [{ name: 'm', help: '', type: 'untyped', values: [1] }]],
    [
      '# HELP m  two \\\\ back\\nslash\\"es" \nm 1\n',
      [{ name: 'm', help: ' two \\ back\nslash\\"es" ', type: 'untyped', values: [1] }],
    ],
    ['# TYPE "a.b" gauge\n# HELP "a.b" what\n{"a.b"} 1\n', [{ name: 'a.b', help: 'what', type: 'gauge', values: [1] }]],
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
        { name: 'a', type: 'untyped', values: [1] },
        { name: 'b', type: 'untyped', values: [2] },
        { name: 'a', type: 'untyped', values: [3] },
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
    ['# TYPE m gauge\n# TYPE m gauge\n', 'line 2: a second # TYPE for "m"'],
    ['# HELP m x\n# TYPE m gauge\n# HELP m y\n', 'line 3: a second # HELP for "m"'],
    ['m 1\n# TYPE m gauge\n', 'line 2: # TYPE stands behind a series of its family'],
    ['# TYPE m gauge\nm 1\n# HELP m x\n', 'line 3: # HELP stands behind a series of its family'],
    ['# TYPE m unknown\n', 'line 1: "unknown" is not a type of metrics'],
    ['# TYPE m constructor\n', 'line 1: "constructor" is not a type of metrics'],
    ['# TYPE m gauge\r\n', 'line 1: "gauge\\r" is not a type of metrics'],
    ['# TYPE m gauge, really\n', 'line 1: "gauge," is not a type of metrics'],
    ['# TYPE m gauge really\n', 'line 1: "really" stands where the end of the line is expected'],
    ['# TYPE m\n', 'line 1: "" is not a type of metrics'],
    ['# TYPE a.b gauge\n', 'line 1: ".b gauge" stands where a blank is expected'],
    ['# HELP  \n', 'line 1: the end stands where the name of a metric is expected'],
    ['m 1', 'line 1: it does not end in a line feed: the document was cut'],
    ['m 1\nm 1', 'line 2: it does not end in a line feed: the document was cut'],
    ['\ufeffm 1\n', 'line 1: "\ufeffm 1" stands where a series is expected'],
  ])('%j is refused', async (document, message) => {
    await expect(read(document)).rejects.toMatchObject({ code: 'ERR_METRICS_MALFORMED_DOCUMENT', message });
  });
});

test("KumoMTA's own text gives what the strict parser of the tests reads of it", async () => {
  const text = readFileSync(join(__dirname, '../vectors/kumomta-sample.txt'), 'utf8');
  expect(await read(text)).toEqual(parseText(text));
});
