import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseKumoMtaJson } from '../../lib/parsers/kumomta-json.ts';
import { bytesOf, readDocument, singleBytes } from '../support/documents.ts';
import { encode } from '../support/encode.ts';
import { json } from '../support/encoders.ts';
import { readJson } from '../support/read-json.ts';

const parse = parseKumoMtaJson();

const read = (document: string | Uint8Array) => readDocument(parse, bytesOf(document));
const gauge = (value: string) => `{"m":{"type":"gauge","value":${value}}}`;
const histogram = (value: string) => `{"m":{"type":"histogram","value":${value}}}`;
const summary = (value: string) => `{"m":{"type":"summary","value":${value}}}`;

const one = { count: 3, sum: 0.9, bounds: [0.1, 0.5], cumulativeCounts: [0, 3] };
const ONE = '{"count":3,"sum":0.9,"avg":0.3,"bucket":[[0.1,0.0],[0.5,3.0]]}';

const ACCEPTED: [what: string, document: string, families: unknown][] = [
  ['no families', '{}\n', []],
  ['a bare number', gauge('1.5'), [family([[{}, 1.5]], [])]],
  ['no samples', gauge('null'), [family([], [])]],
  ['an empty map', gauge('{}'), [family([], [])]],
  ['a map without values', gauge('{"queue":{}}'), [family([], ['queue'])]],
  ['an empty list', gauge('[]'), [family([])]],
  [
    'a map',
    gauge('{"queue":{"a":1,"":2.0}}'),
    [
      family(
        [
          [{ queue: 'a' }, 1],
          [{ queue: '' }, 2],
        ],
        ['queue'],
      ),
    ],
  ],
  [
    'a list',
    gauge('[{"a":"1","b":"2","@":3},{"@":4}]'),
    [
      family([
        [{ a: '1', b: '2' }, 3],
        [{}, 4],
      ]),
    ],
  ],
  ['a value in front of its labels', gauge('[{"@":3,"a":"1"}]'), [family([[{ a: '1' }, 3]])]],
  ['a label called @ in a map', gauge('{"@":{"@":3}}'), [family([[{ '@': '@' }, 3]], ['@'])]],
  [
    'a label called __proto__',
    gauge('[{"__proto__":"a","b":"c","@":1}]'),
    [family([[JSON.parse('{"__proto__":"a","b":"c"}'), 1]])],
  ],
  [
    'whitespace',
    ' {\t"m" :\r\n{ "type" : "gauge" , "value" : [ { "a" : "b" , "@" : 1 } ] } } \n',
    [family([[{ a: 'b' }, 1]])],
  ],
  [
    'escapes',
    gauge('{"\\u0071":{"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00fC\\ud83d\\ude00":1}}'),
    [family([[{ q: '"\\/\b\f\n\r\tü😀' }, 1]], ['q'])],
  ],
  ['a lone surrogate', gauge('{"q":{"\\ud800":1}}'), [family([[{ q: '\ud800' }, 1]], ['q'])]],
  ['what is not ASCII', gauge('{"größe":{"😀":1}}'), [family([[{ größe: '😀' }, 1]], ['größe'])]],
  [
    'numbers',
    gauge('{"q":{"a":-0.0,"b":1E+2,"c":0.5e-3,"d":-12}}'),
    [
      family(
        [
          [{ q: 'a' }, -0],
          [{ q: 'b' }, 100],
          [{ q: 'c' }, 0.0005],
          [{ q: 'd' }, -12],
        ],
        ['q'],
      ),
    ],
  ],
  [
    'what is not a number, as null and as strings',
    gauge('{"q":{"a":null,"b":"NaN","c":"+Inf","d":"-Inf"}}'),
    [
      family(
        [
          [{ q: 'a' }, Number.NaN],
          [{ q: 'b' }, Number.NaN],
          [{ q: 'c' }, Number.POSITIVE_INFINITY],
          [{ q: 'd' }, Number.NEGATIVE_INFINITY],
        ],
        ['q'],
      ),
    ],
  ],
  ['a bare string of a number', gauge('"+Inf"'), [family([[{}, Number.POSITIVE_INFINITY]], [])]],
  ['a bare histogram', histogram(ONE), [family([[{}, one]], [], 'histogram')]],
  [
    'a map of histograms, its label called count',
    histogram(`{"count":{"a":${ONE}}}`),
    [family([[{ count: 'a' }, one]], ['count'], 'histogram')],
  ],
  ['a list of histograms', histogram(`[{"a":"b","@":${ONE}}]`), [family([[{ a: 'b' }, one]], undefined, 'histogram')]],
  [
    'a histogram in another order, with more in it',
    histogram('{"bucket":[],"more":[{"a":[]}],"count":0.0}'),
    [family([[{}, { count: 0, bounds: [], cumulativeCounts: [] }]], [], 'histogram')],
  ],
  [
    'a histogram without a sum',
    histogram('{"count":1,"sum":null,"avg":null,"bucket":[]}'),
    [family([[{}, { count: 1, bounds: [], cumulativeCounts: [] }]], [], 'histogram')],
  ],
  [
    'a bucket of +Inf',
    histogram('{"count":1,"sum":"NaN","bucket":[[1,0],[null,1]]}'),
    [family([[{}, { count: 1, sum: Number.NaN, bounds: [1], cumulativeCounts: [0] }]], [], 'histogram')],
  ],
  [
    'a summary',
    summary('{"count":3,"sum":0.9,"avg":0.3,"quantile":[[0.5,null],[0.99,0.6]]}'),
    [family([[{}, { count: 3, sum: 0.9, quantiles: [0.5, 0.99], values: [Number.NaN, 0.6] }]], [], 'summary')],
  ],
  [
    'a type that comes after the value',
    '{"m":{"value":{"q":{"a":1}},"help":"h","type":"gauge"}}',
    [{ help: 'h', ...family([[{ q: 'a' }, 1]], ['q']) }],
  ],
  ['a bare value that comes before its type', '{"m":{"value":3,"type":"counter"}}', [family([[{}, 3]], [], 'counter')]],
  [
    'members that are not known',
    '{"m":{"unit":{"a":[1,-2.5,"x",true,false,null,{}]},"type":"gauge","value":1,"x":[[]]}}',
    [family([[{}, 1]], [])],
  ],
  ['a help that comes too late', '{"m":{"type":"gauge","value":1,"help":"h"}}', [family([[{}, 1]], [])]],
  [
    'two families of one name',
    '{"m":{"type":"gauge","value":1},"m":{"type":"counter","value":2}}',
    [family([[{}, 1]], []), family([[{}, 2]], [], 'counter')],
  ],
];

test.each(ACCEPTED)('%s', async (_, document, families) => {
  expect(await read(document)).toEqual(families);
});

test.each([
  ['unknown', 'untyped'],
  ['info', 'gauge'],
  ['stateset', 'gauge'],
  ['gaugehistogram', 'histogram'],
])('the type %p is %p here', async (type, expected) => {
  expect(await read(`{"m":{"type":"${type}","value":null}}`)).toMatchObject([{ type: expected }]);
});

function family(samples: [labels: object, value: unknown][], labelNames?: string[], type = 'gauge') {
  return {
    name: 'm',
    type,
    ...(labelNames && { labelNames }),
    samples: samples.map(([labels, value]) => ({ labels, value })),
  };
}

/** The mark ¦ stands where the error is. */
const REFUSED: [what: string, marked: string, reason: string][] = [
  ['a list', '¦[]', 'expected {'],
  ['a byte order mark', '¦\ufeff{}', 'expected {'],
  ['an HTML page', '¦<html>', 'expected {'],
  ['another JSON', '{"status":¦"ok","m":{"type":"gauge","value":1}}', 'expected {'],
  ['what follows the document', '{}\n¦{}', 'expected the end of the document'],
  // KumoMTA's own faults.
  ['a comma behind the last family', '{"m":{"type":"gauge","value":1},\n¦}', 'expected a string'],
  ['a bare NaN', gauge('{"q":{"a":¦NaN}}'), 'expected a value'],
  ['a bare inf', gauge('¦inf'), 'expected a value'],
  ['a bare -inf', gauge('[{"a":"b","@":¦-inf}]'), 'expected a number'],
  ['a quote that is not escaped', gauge('{"q":{"a"¦b":1}}'), 'expected :'],
  [
    'a line break that is not escaped',
    '{"m":{"help":"a¦\nb","type":"gauge","value":1}}',
    'expected an escape instead of a control character',
  ],
  ['a backslash that is not escaped', gauge('{"q":{"C:¦\\dir":1}}'), 'expected a valid escape'],
  ['a label set of another shape', gauge('[{"a":"b","c":"d","@":1},"x"¦:2]'), 'expected , or ]'],
  // JSON.
  ['half an escape', gauge('{"q":{"¦\\u12":1}}'), 'expected a valid escape'],
  ['a word that is none', gauge('¦nul'), 'expected a value'],
  ['no comma', gauge('[{"@":1}¦{"@":2}]'), 'expected , or ]'],
  ['a bracket that does not fit, where nobody looks', '{"m":{"x":[{"a":1¦]}}', 'expected , or }'],
  ['a comma at the end, where nobody looks', '{"m":{"x":[1,¦]}}', 'expected a value'],
  ['nesting without end', `{"m":{"x":${'['.repeat(100)}¦${'['.repeat(9)}`, 'expected at most 100 levels of nesting'],
  ...['01', '-', '1.', '1e', '--1', '1e5.5', '1-'].map((text): [string, string, string] => [
    `the number ${text}`,
    gauge(`[{"@":¦${text}}]`),
    'expected a number',
  ]),
  ['the number +1', gauge('[{"@":¦+1}]'), 'expected a value'],
  ['the number .5', gauge('¦.5'), 'expected a value'],
  ['the number 0x1', gauge('0¦x1'), 'expected , or }'],
];

test.each(REFUSED)('%s is refused', async (_, marked, reason) => {
  const [before, after] = marked.split('¦') as [string, string];
  const found = JSON.stringify(Buffer.from(after).subarray(0, 40).toString());
  expect(await read(before + after)).toBe(`byte ${Buffer.byteLength(before)}: ${reason}, got ${found}`);
});

test.each([
  ['a byte that is none', '\xff'],
  ['a character that is not whole', '\xf0\x9f\x98'],
  ['a surrogate', '\xed\xa0\x80'],
  ['a slash in two bytes', '\xc0\xaf'],
])('%s is not UTF-8', async (_, bytes) => {
  const inName = Buffer.from(gauge(`{"${bytes}":{}}`), 'latin1');
  expect(await read(inName)).toMatch(/^byte 30: expected UTF-8, got "\\"\ufffd/);
  const inValue = Buffer.from(gauge(`{"q":{"${bytes}":1}}`), 'latin1');
  expect(await read(inValue)).toMatch(/^byte 35: expected UTF-8, got "\\"\ufffd/);
});

describe('however the bytes come', () => {
  /** What was found depends on what is there of it. */
  const where = (result: unknown) => (typeof result === 'string' ? result.replace(/, got .*/s, '') : result);
  const documents = [...ACCEPTED, ...REFUSED].map(([what, marked]) => [what, marked.replace('¦', '')] as const);

  test.each(documents)('%s is the same', async (_, document) => {
    const expected = where(await read(document));
    expect(where(await readDocument(parse, singleBytes(document)))).toEqual(expected);
    for (let end = 0; end <= Buffer.from(document).length; end++) {
      expect(where(await readDocument(parse, bytesOf(document, end)))).toEqual(expected);
    }
  });

  test.each(ACCEPTED)('%s is refused when it is cut', async (_, document) => {
    const bytes = Buffer.from(document.trimEnd());
    for (let end = 0; end < bytes.length; end++) {
      expect(await read(bytes.subarray(0, end))).toBe(`byte ${end}: expected more data, got the end of the document`);
    }
  });
});

test("KumoMTA's own document comes back as it was", async () => {
  const document = readFileSync(join(__dirname, '../vectors/kumomta-sample.json'), 'utf8');
  const { text, losses } = await encode(json(), parse(bytesOf(document)));
  expect(readJson(text)).toEqual(readJson(document));
  expect(losses).toEqual([]);
  expect(text.match(/[\d.]+(?=[,}])/g)).toEqual(document.match(/[\d.]+(?=,?\n)/g));
});
