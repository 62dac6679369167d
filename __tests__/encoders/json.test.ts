import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonOptions } from '../../lib/encoders/json.ts';
import { encode, family, sample } from '../support/encode.ts';
import { json } from '../support/encoders.ts';
import { parseText } from '../support/parse-text.ts';
import { readJson } from '../support/read-json.ts';

const vector = (name: string) => readFileSync(join(__dirname, '../vectors', name), 'utf8');

describe('the reference documents of KumoMTA', () => {
  /** Without the white space between the tokens: what is left shows how numbers are spelled, too. */
  const tokens = (document: string) => document.replace(/("(?:[^"\\]|\\.)*")|\s+/g, '$1');

  test('the JSON document comes out as it went in, the spelling of its numbers included', async () => {
    const document = vector('kumomta-sample.json');
    const { text, losses } = await encode(json(), readJson(document) as never);
    expect(tokens(text)).toBe(tokens(document));
    expect(text).toContain(':101234377728.0}');
    expect(losses).toEqual([]);
  });

  test('the histograms of the text have count, sum, average and their finite buckets in JSON', async () => {
    const families = parseText(vector('kumomta-sample.txt'));
    const { text } = await encode(json(), families);
    expect(text).toContain(
      '"lua_event_latency":{"help":"how long a given lua event callback took","type":"histogram","value":{"event":{' +
        '"context-creation":{"count":3,"sum":0.017253747,"avg":0.005751249,"bucket":[[0.005,0.0],[0.01,3.0],' +
        '[0.025,3.0],[0.05,3.0],[0.1,3.0],[0.25,3.0],[0.5,3.0],[1.0,3.0],[2.5,3.0],[5.0,3.0],[10.0,3.0]]},' +
        '"init":{"count":1,"sum":0.442427973,"avg":0.442427973,"bucket":[[0.005,0.0],',
    );
    expect(text).not.toContain('Inf');
    expect(Object.keys(JSON.parse(text))).toEqual(families.map(({ name }) => name));
  });
});

describe('a document has one line for each family', () => {
  test.each([
    ['nothing between the braces when there is no family', [], '{}\n'],
    ['nothing between the braces when every family was lost', [family({ type: 'rate' })], '{}\n'],
    ['no comma behind the only family', [family({})], '{\n"m":{"type":"gauge","value":null}\n}\n'],
    [
      'the order of the source, and commas between families',
      [family({ name: 'b', help: 'B' }), family({ name: 'a' }), family({ name: '7', type: 'untyped' })],
      '{\n"b":{"help":"B","type":"gauge","value":null},\n"a":{"type":"gauge","value":null},\n' +
        '"7":{"type":"untyped","value":null}\n}\n',
    ],
    [
      'no comma for a family that was lost',
      [family({ name: 'a', samples: 3 }), family({ name: 'b' }), family({ name: 'b' }), family({ name: 'c' })],
      '{\n"b":{"type":"gauge","value":null},\n"c":{"type":"gauge","value":null}\n}\n',
    ],
    ['an empty help text, which is one', [family({ help: '' })], '{\n"m":{"help":"","type":"gauge","value":null}\n}\n'],
  ])('with %s', async (_, families, expected) => {
    expect((await encode(json(), families)).text).toBe(expected);
  });

  test('also when the families come one by one, sooner or later', async () => {
    async function* later() {
      yield family({ name: 'a' });
      await new Promise(setImmediate);
      yield family({ name: 'b' });
    }
    expect((await encode(json(), later())).text).toBe(
      '{\n"a":{"type":"gauge","value":null},\n"b":{"type":"gauge","value":null}\n}\n',
    );
  });
});

test('two names that are one when they are written are one', async () => {
  const { text, losses } = await encode(json(), [family({ name: 'a\uD800' }), family({ name: 'a\uDBFF' })]);
  expect(text).toBe('{\n"a\uFFFD":{"type":"gauge","value":null}\n}\n');
  expect(losses).toHaveLength(1);
});

test('the document is JSON in UTF-8, whatever the prefix that only the text has', async () => {
  expect(json()).toMatchObject({ format: 'json', contentType: 'application/json; charset=utf-8' });
  expect((await encode(json(), [family({})], 'prefix_')).text).toBe('{\n"m":{"type":"gauge","value":null}\n}\n');
});

const histogram = (members: object) => ({ count: 3, sum: 1.5, bounds: [0.5, 1], cumulativeCounts: [1, 2], ...members });
const summary = (members: object) => ({ count: 3, sum: 0.9, quantiles: [0.5, 0.99], values: [0.2, 0.6], ...members });

describe('the value of a sample', () => {
  test.each([
    ['counter', 7, '7.0'],
    ['gauge', -0.25, '-0.25'],
    ['untyped', 1e300, '1e+300'],
    ['histogram', histogram({}), '{"count":3,"sum":1.5,"avg":0.5,"bucket":[[0.5,1.0],[1.0,2.0]]}'],
    ['histogram', histogram({ count: 0, sum: 0 }), '{"count":0,"sum":0.0,"avg":0.0,"bucket":[[0.5,1.0],[1.0,2.0]]}'],
    [
      'histogram',
      histogram({ sum: undefined, bounds: [], cumulativeCounts: [] }),
      '{"count":3,"sum":null,"avg":null,"bucket":[]}',
    ],
    [
      'summary',
      summary({ sum: -0.3 }),
      '{"count":3,"sum":-0.3,"avg":-0.09999999999999999,"quantile":[[0.5,0.2],[0.99,0.6]]}',
    ],
    ['summary', { count: 0, quantiles: [], values: [] }, '{"count":0,"sum":null,"avg":null,"quantile":[]}'],
    [
      'summary',
      summary({ bounds: [9], cumulativeCounts: [9] }),
      '{"count":3,"sum":0.9,"avg":0.3,"quantile":[[0.5,0.2],[0.99,0.6]]}',
    ],
  ])('of a %s: %j', async (type, value, expected) => {
    const { text, losses } = await encode(json(), [family({ type, samples: [sample(value)] })]);
    expect(text).toBe(`{\n"m":{"type":"${type}","value":${expected}}\n}\n`);
    expect(losses).toEqual([]);
  });
});

describe('what JSON has no number for', () => {
  const { NaN: NOT, POSITIVE_INFINITY: PLUS, NEGATIVE_INFINITY: MINUS } = Number;

  test.each([
    ['gauge', NOT, 'null', '"NaN"'],
    ['counter', PLUS, 'null', '"+Inf"'],
    ['untyped', MINUS, 'null', '"-Inf"'],
    [
      'histogram',
      histogram({ sum: NOT }),
      '{"count":3,"sum":null,"avg":null,"bucket":[[0.5,1.0],[1.0,2.0]]}',
      '{"count":3,"sum":"NaN","avg":"NaN","bucket":[[0.5,1.0],[1.0,2.0]]}',
    ],
    [
      'histogram',
      histogram({ count: 0, sum: MINUS }),
      '{"count":0,"sum":null,"avg":0.0,"bucket":[[0.5,1.0],[1.0,2.0]]}',
      '{"count":0,"sum":"-Inf","avg":0.0,"bucket":[[0.5,1.0],[1.0,2.0]]}',
    ],
    [
      'summary',
      summary({ values: [NOT, PLUS] }),
      '{"count":3,"sum":0.9,"avg":0.3,"quantile":[[0.5,null],[0.99,null]]}',
      '{"count":3,"sum":0.9,"avg":0.3,"quantile":[[0.5,"NaN"],[0.99,"+Inf"]]}',
    ],
  ])('of a %s: %j is null, a string, or leaves the sample out', async (type, value, asNull, asString) => {
    const families = [family({ type, samples: [sample(value)] })];
    const valueText = async (nonFinite: JsonOptions['nonFinite']) => {
      const { text, losses } = await encode(json({ nonFinite }), families);
      expect(losses).toEqual([]);
      return text.slice(text.indexOf('"value":') + 8, -4);
    };
    expect(await valueText('null')).toBe(asNull);
    expect(await valueText('string')).toBe(asString);
    expect(await valueText('omit')).toBe('null');
  });

  test('does not leave out a summary that has no sum, nor write it as an infinity', async () => {
    for (const nonFinite of ['null', 'string', 'omit'] as const) {
      const samples = [sample({ count: 1, quantiles: [], values: [] })];
      const { text } = await encode(json({ nonFinite }), [family({ type: 'summary', samples })]);
      expect(text).toContain('"value":{"count":1,"sum":null,"avg":null,"quantile":[]}');
    }
  });

  test.each([
    ['map', '{"a":{"y":1.0}}', [sample(NOT, { a: 'x' }), sample(1, { a: 'y' }), sample(PLUS, { a: 'z' })]],
    ['list', '[{"a":"y","b":"z","@":1.0}]', [sample(1, { a: 'y', b: 'z' }), sample(MINUS, { a: 'x', b: 'z' })]],
    ['single value', '1.0', [sample(1), sample(NOT, { a: 'x' })]],
    ['family of nothing else', 'null', [sample(NOT, { a: 'x' }), sample(NOT, { a: 'x', b: 'y' })]],
  ])('leaves no trace in a %s when it is omitted, and is no loss', async (_, expected, samples) => {
    const { text, losses } = await encode(json({ nonFinite: 'omit' }), [family({ samples })]);
    expect(text).toBe(`{\n"m":{"type":"gauge","value":${expected}}\n}\n`);
    expect(losses).toEqual([]);
  });
});
