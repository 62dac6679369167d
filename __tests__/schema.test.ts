import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { anyText, families } from './support/arbitraries.ts';
import { encode, family, sample } from './support/encode.ts';
import { json } from './support/encoders.ts';
import { parseText } from './support/parse-text.ts';
import fc from './support/property.ts';

const read = (path: string) => readFileSync(join(__dirname, path), 'utf8');
const schema = JSON.parse(read('../schema.json'));
const ajv = new Ajv2020({ strict: true, allErrors: true });
const isValid = ajv.compile(schema);

const errorsOf = (document: unknown) => (isValid(document) ? [] : ajv.errorsText(isValid.errors).split(', '));

describe('the schema', () => {
  test('is one itself', () => {
    expect(ajv.validateSchema(schema)).toBe(true);
  });

  test('has its package in its address', () => {
    const { name, exports, files } = JSON.parse(read('../package.json'));
    expect(schema.$id).toBe(`https://unpkg.com/${name}/schema.json`);
    expect(exports['./schema.json']).toBe('./schema.json');
    expect(files).toContain('schema.json');
  });
});

const OPTIONS = (['map', 'list'] as const).flatMap((singleLabel) =>
  (['null', 'string', 'omit'] as const).map((nonFinite) => ({ singleLabel, nonFinite })),
);

describe('a document is valid', () => {
  test('of KumoMTA itself', () => {
    expect(errorsOf(JSON.parse(read('vectors/kumomta-sample.json')))).toEqual([]);
  });

  test.each(OPTIONS)('of a scrape of KumoMTA, with %j', async (options) => {
    const { text } = await encode(json(options), parseText(read('vectors/kumomta-sample.txt')));
    expect(errorsOf(JSON.parse(text))).toEqual([]);
  });

  test.each(OPTIONS)('of whatever families, with %j', async (options) => {
    await fc.assert(
      fc.asyncProperty(families(anyText), async (source) => {
        const { text } = await encode(json(options), source);
        expect(errorsOf(JSON.parse(text))).toEqual([]);
      }),
    );
  });

  test('when a label is called as a member of a histogram', async () => {
    const value = { count: 1, sum: 1, bounds: [1], cumulativeCounts: [1] };
    const samples = [sample(value, { count: 'sum' }), sample(value, { count: 'avg' })];
    const { text } = await encode(json(), [family({ type: 'histogram', samples })]);
    expect(errorsOf(JSON.parse(text))).toEqual([]);
  });
});

const gauge = (value: unknown) => ({ m: { type: 'gauge', value } });
const histogram = { count: 1, sum: 1, avg: 1, bucket: [[1, 1]] };
const summary = { count: 1, sum: 1, avg: 1, quantile: [[0.5, 1]] };
const ofHistogram = (members: object) => ({ m: { type: 'histogram', value: { ...histogram, ...members } } });
const ofSummary = (members: object) => ({ m: { type: 'summary', value: { ...summary, ...members } } });

describe('a document is not valid', () => {
  test.each<[what: string, document: unknown]>([
    ['that is a list', []],
    ['that is null', null],
    ['with a family that is none', { m: 3 }],
    ['with a family without a type', { m: { value: 3 } }],
    ['with a family without a value', { m: { type: 'gauge' } }],
    ['with a type in upper case', { m: { type: 'Gauge', value: 3 } }],
    ['with a type of OpenMetrics', { m: { type: 'unknown', value: 3 } }],
    ['with a member that there is not', { m: { type: 'gauge', value: 3, unit: 's' } }],
    ['with a help text that is null', { m: { type: 'gauge', value: 3, help: null } }],
    ['with a value that is a text', gauge('3')],
    ['with a value that is a boolean', gauge(true)],
    ['with infinity under another name', gauge('Infinity')],
    ['with an empty map', gauge({})],
    ['with a map of two labels', gauge({ a: { x: 1 }, b: { x: 1 } })],
    ['with a map of a label without values', gauge({ a: {} })],
    ['with a map of numbers', gauge({ a: 1 })],
    ['with a map that is too deep', gauge({ a: { x: { y: 1 } } })],
    ['with an empty list', gauge([])],
    ['with a list of numbers', gauge([1])],
    ['with a list of label sets without values', gauge([{ a: 'x' }])],
    ['with a label value that is a number', gauge([{ a: 1, '@': 1 }])],
    ['with a label value that is null', gauge([{ a: null, '@': 1 }])],
    ['with a number for a histogram', { m: { type: 'histogram', value: 3 } }],
    ['with a histogram for a number', gauge(histogram)],
    ['with a histogram for a number in a map', gauge({ a: { x: histogram } })],
    ['with a histogram for a number in a list', gauge([{ a: 'x', '@': histogram }])],
    ['with a histogram for a summary', { m: { type: 'summary', value: histogram } }],
    ['with a summary for a histogram in a map', { m: { type: 'histogram', value: { a: { x: summary } } } }],
    ['with a summary for a histogram in a list', { m: { type: 'histogram', value: [{ a: 'x', '@': summary }] } }],
    ['with a map that is empty of histograms', { m: { type: 'histogram', value: { a: {} } } }],
    ['with a map that is empty of summaries', { m: { type: 'summary', value: { a: {} } } }],
    ['with a histogram without a count', ofHistogram({ count: undefined })],
    ['with a histogram without a sum', ofHistogram({ sum: undefined })],
    ['with a histogram without an average', ofHistogram({ avg: undefined })],
    ['with a histogram without buckets', ofHistogram({ bucket: undefined })],
    ['with a histogram that has more', ofHistogram({ min: 1 })],
    ['with a count that is null', ofHistogram({ count: null })],
    ['with a count that is no integer', ofHistogram({ count: 0.5 })],
    ['with a count below 0', ofSummary({ count: -1 })],
    ['with a bucket of infinity', ofHistogram({ bucket: [['+Inf', 1]] })],
    ['with a bucket without a count', ofHistogram({ bucket: [[1]] })],
    ['with a bucket of three', ofHistogram({ bucket: [[1, 1, 1]] })],
    ['with buckets as a map', ofHistogram({ bucket: { 1: 1 } })],
    ['with a summary without quantiles', ofSummary({ quantile: undefined })],
    ['with a quantile without a value', ofSummary({ quantile: [[0.5]] })],
    ['with a quantile that is a text', ofSummary({ quantile: [['0.5', 1]] })],
  ])('%s', (_, document) => {
    expect(errorsOf(JSON.parse(JSON.stringify(document)))).not.toEqual([]);
  });

  test('is a statement about what is wrong with them, not with their frame', () => {
    expect(errorsOf(ofHistogram({}))).toEqual([]);
    expect(errorsOf(ofSummary({}))).toEqual([]);
    expect(errorsOf(gauge(3))).toEqual([]);
  });
});

test('every part of the schema says in words what it is', () => {
  const parts: [string, { description?: string }][] = Object.entries(schema.$defs);
  const silent = parts.filter(([, { description }]) => description === undefined).map(([name]) => name);
  expect(silent).toEqual([]);
});
