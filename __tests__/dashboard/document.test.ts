import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readFamily, type SampleData } from '../../lib/dashboard/browser/model/document.ts';

const read = (type: string, value: unknown) => readFamily({ type, value }).samples;

const histogram = {
  count: 3,
  sum: 0.9,
  avg: 0.3,
  bucket: [
    [0.1, 1],
    [0.5, 3],
  ],
};
const readHistogram = {
  count: 3,
  sum: 0.9,
  points: [
    [0.1, 1],
    [0.5, 3],
  ],
};

test.each<[string, string, unknown, SampleData[]]>([
  ['a number', 'gauge', 3, [{ labels: [], value: 3 }]],
  ['null', 'gauge', null, [{ labels: [], value: null }]],
  ['NaN as a string', 'gauge', 'NaN', [{ labels: [], value: null }]],
  ['an infinity as a string', 'gauge', '-Inf', [{ labels: [], value: -Infinity }]],
  [
    'a map',
    'gauge',
    { queue: { a: 1, b: null } },
    [
      { labels: ['queue', 'a'], value: 1 },
      { labels: ['queue', 'b'], value: null },
    ],
  ],
  [
    'a map by a label that is named like a part of a histogram',
    'counter',
    { count: { a: 1 } },
    [{ labels: ['count', 'a'], value: 1 }],
  ],
  [
    'a list',
    'gauge',
    [{ a: 'x', b: 'y', '@': 1 }, { '@': 2 }],
    [
      { labels: ['a', 'x', 'b', 'y'], value: 1 },
      { labels: [], value: 2 },
    ],
  ],
  ['a histogram', 'histogram', histogram, [{ labels: [], value: readHistogram as never }]],
  [
    'a map of histograms',
    'histogram',
    { count: { a: histogram } },
    [{ labels: ['count', 'a'], value: readHistogram as never }],
  ],
  [
    'a summary',
    'summary',
    { count: 1, sum: null, quantile: [[0.5, null]] },
    [{ labels: [], value: { count: 1, sum: null, points: [[0.5, null]] } }],
  ],
  [
    'rubbish',
    'histogram',
    { count: 1, bucket: [1, ['a', 2], null] },
    [{ labels: [], value: { count: 1, sum: null, points: [] } }],
  ],
])('%s is read', (_what, type, value, samples) => {
  expect(read(type, value)).toEqual(samples);
});

test("KumoMTA's document is read", () => {
  const text = readFileSync(join(__dirname, '../vectors/kumomta-sample.json'), 'utf8');
  const families = Object.values(JSON.parse(text)).map(readFamily);
  expect(families.every(({ type, samples }) => type !== 'untyped' && samples.length > 0)).toBe(true);
});

test.each([[undefined], [null], [1], ['x'], [{}], [{ type: 'toString', value: {} }]])(
  '%j is a family all the same',
  (raw) => {
    expect(readFamily(raw)).toMatchObject({ help: '', type: 'untyped' });
  },
);
