import type { HistogramValue } from '../../lib/model/metric-family.ts';
import type { Parse, Repair } from '../../lib/model/parser.ts';
import { unlimited } from '../../lib/model/parser.ts';
import { parseKumoMtaJson } from '../../lib/parsers/kumomta-json.ts';
import { collectAll } from '../support/collect.ts';
import { bytesOf } from '../support/documents.ts';

/** Returns the families of a document, and what was repaired in it. The bytes come in chunks that end at `ends`. */
async function read(parse: Parse, document: string, ...ends: number[]) {
  const repairs: Repair[] = [];
  const context = { ...unlimited, onRepair: (repair: Repair) => repairs.push(repair) };
  const { families } = await collectAll({ collect: () => parse(bytesOf(document, ...ends), context) });
  return { families, repairs };
}

const document = (value: string) =>
  `{"a":{"type":"gauge","value":1},"h":{"type":"histogram","value":${value}},"z":{"type":"gauge","value":2}}`;
const WHERE = document('').indexOf('},"z"');

async function readHistogram(value: string) {
  const { families, repairs } = await read(parseKumoMtaJson(), document(value));
  expect(families.map(({ name }) => name)).toEqual(['a', 'h', 'z']);
  return { value: families[1]?.samples[0]?.value, repairs };
}

test.each<[string, string, HistogramValue]>([
  ['whose +Inf bucket is above the count', '[[1,1],[null,4]]', { count: 4, bounds: [1], cumulativeCounts: [1] }],
  ['whose +Inf bucket is below the count', '[[1,1],["+Inf",2]]', { count: 3, bounds: [1], cumulativeCounts: [1] }],
  ['with a bucket above the count', '[[1,2],[2,5]]', { count: 5, bounds: [1, 2], cumulativeCounts: [2, 5] }],
  ['with a bucket above +Inf', '[[1,5],[null,3]]', { count: 5, bounds: [1], cumulativeCounts: [5] }],
  ['with buckets that decrease', '[[1,2],[2,1],[4,3]]', { count: 3, bounds: [1, 2, 4], cumulativeCounts: [2, 2, 3] }],
  ['with unsorted buckets', '[[2,3],[1,1]]', { count: 3, bounds: [1, 2], cumulativeCounts: [1, 3] }],
  ['with a bucket after +Inf', '[[null,3],[1,1]]', { count: 3, bounds: [1], cumulativeCounts: [1] }],
  ['with a repeated bucket', '[[1,1],[1.0,2],[2,3]]', { count: 3, bounds: [1, 2], cumulativeCounts: [2, 3] }],
  ['with two +Inf buckets', '[[1,1],[null,3],["+Inf",3]]', { count: 3, bounds: [1], cumulativeCounts: [1] }],
  ['with a -Inf bucket of 0', '[["-Inf",0],[1,2]]', { count: 3, bounds: [1], cumulativeCounts: [2] }],
])('a histogram %s is repaired, and costs no other family', async (_, buckets, expected) => {
  const { value, repairs } = await readHistogram(`{"count":3,"sum":1,"bucket":${buckets}}`);
  expect(value).toEqual({ ...expected, sum: 1 });
  const message = `byte ${WHERE}: the histogram that begins here had to be repaired`;
  expect(repairs).toEqual([{ family: 'h', kind: 'histogram', message }]);
});

test.each<[string, string, HistogramValue]>([
  ['without a +Inf bucket', '[[1,1],[2,3]]', { count: 3, bounds: [1, 2], cumulativeCounts: [1, 3] }],
  ['with a +Inf bucket', '[[1,1],[null,3]]', { count: 3, bounds: [1], cumulativeCounts: [1] }],
  ['without buckets', '[]', { count: 3, bounds: [], cumulativeCounts: [] }],
])('a histogram %s needs no repair', async (_, buckets, expected) => {
  expect(await readHistogram(`{"count":3,"bucket":${buckets}}`)).toEqual({ value: expected, repairs: [] });
});

const ODD = '{"count":3,"sum":1,"bucket":[[2,3],[1,1]]}';

test.each<[string, string, number]>([
  ['a map', `{"q":{"a":{"count":0,"bucket":[]},"b":¦${ODD},"c":${ODD}}}`, 3],
  ['a list', `[{"q":"a","@":¦${ODD}},{"@":${ODD},"q":"b"}]`, 2],
  ['a bare histogram', `¦ ${ODD} `, 1],
])('a repair is reported once in %s, wherever the bytes are split', async (_, marked, samples) => {
  const text = document(marked.replace('¦', ''));
  const byte = text.indexOf(ODD);
  for (let end = 0; end <= text.length; end++) {
    const { families, repairs } = await read(parseKumoMtaJson(), text, end);
    expect(families[1]?.samples).toHaveLength(samples);
    const others = { 1: '', 2: ' and 1 more', 3: ' and 1 more' }[samples];
    expect(repairs.map(({ message }) => message)).toEqual([
      `byte ${byte}: the histogram that begins here${others} had to be repaired`,
    ]);
  }
});

test('a repair in a value before its type refers to the document', async () => {
  const text = `{"h":{"value":${ODD},"type":"histogram"}}`;
  const { repairs } = await read(parseKumoMtaJson(), text);
  expect(repairs).toMatchObject([{ message: expect.stringContaining(`byte ${text.indexOf(ODD)}: `) }]);
});

test('the samples of a family share the bounds that their repair made equal', async () => {
  const sorted = '{"count":3,"sum":1,"bucket":[[1,1],[2,3]]}';
  const { families } = await read(parseKumoMtaJson(), document(`{"q":{"a":${sorted},"b":${ODD},"c":${sorted}}}`));
  const bounds = families[1]?.samples.map(({ value }) => (value as HistogramValue).bounds);
  expect(new Set(bounds)).toEqual(new Set([[1, 2]]));
  expect(new Set(bounds).size).toBe(1);
});

describe('fractional counts', () => {
  const series = (name: string, ...samples: [labels: Record<string, string>, value: number][]) => ({
    name,
    type: 'untyped',
    samples: samples.map(([labels, value]) => ({ labels, value })),
  });
  const whole = '{"count":3,"sum":1.5,"bucket":[[0.5,1]]}';

  test.each<[string, string, string, object[]]>([
    [
      'a bare histogram, in its count',
      'histogram',
      '{"count":2.5,"sum":1.5,"bucket":[[0.5,1],[2,2]]}',
      [
        series('h_bucket', [{ le: '0.5' }, 1], [{ le: '2' }, 2], [{ le: '+Inf' }, 2.5]),
        series('h_sum', [{}, 1.5]),
        series('h_count', [{}, 2.5]),
      ],
    ],
    [
      'the last histogram of a map, in a bucket',
      'histogram',
      `{"q":{"a":${whole},"b":{"count":3,"bucket":[[0.5,0.25]]}}}`,
      [
        series(
          'h_bucket',
          [{ q: 'a', le: '0.5' }, 1],
          [{ q: 'a', le: '+Inf' }, 3],
          [{ q: 'b', le: '0.5' }, 0.25],
          [{ q: 'b', le: '+Inf' }, 3],
        ),
        series('h_sum', [{ q: 'a' }, 1.5]),
        series('h_count', [{ q: 'a' }, 3], [{ q: 'b' }, 3]),
      ],
    ],
    [
      'a histogram as it is written, whose +Inf bucket is not its count',
      'histogram',
      '{"count":2.5,"sum":1.5,"bucket":[[2,4],["+Inf",3.5],[0.5,1],[2,5]]}',
      [
        series('h_bucket', [{ le: '2' }, 4], [{ le: '+Inf' }, 3.5], [{ le: '0.5' }, 1]),
        series('h_sum', [{}, 1.5]),
        series('h_count', [{}, 2.5]),
      ],
    ],
    [
      'a histogram, only in its +Inf bucket',
      'histogram',
      '{"count":2,"bucket":[[0.5,1],[null,2.5]]}',
      [series('h_bucket', [{ le: '0.5' }, 1], [{ le: '+Inf' }, 2.5]), series('h_count', [{}, 2])],
    ],
    [
      'a list of histograms as they are written, also those that would be repaired',
      'histogram',
      '[{"q":"a","@":{"count":3,"bucket":[[1,2],["+Inf",5]]}},{"q":"b","@":{"count":2.5,"bucket":[]}},' +
        '{"q":"c","@":{"count":1,"bucket":[[2,1],[1,2]]}}]',
      [
        series(
          'h_bucket',
          [{ q: 'a', le: '1' }, 2],
          [{ q: 'a', le: '+Inf' }, 5],
          [{ q: 'b', le: '+Inf' }, 2.5],
          [{ q: 'c', le: '2' }, 1],
          [{ q: 'c', le: '1' }, 2],
          [{ q: 'c', le: '+Inf' }, 1],
        ),
        series('h_count', [{ q: 'a' }, 3], [{ q: 'b' }, 2.5], [{ q: 'c' }, 1]),
      ],
    ],
    [
      'a summary in a list',
      'summary',
      '[{"q":"a","@":{"count":0.5,"quantile":[[0.5,7]]}}]',
      [series('h', [{ q: 'a', quantile: '0.5' }, 7]), series('h_count', [{ q: 'a' }, 0.5])],
    ],
  ])('make %s untyped series, which is reported', async (_, type, value, expected) => {
    for (const text of [
      `{"h":{"type":"${type}","value":${value}},"z":{"type":"gauge","value":2}}`,
      `{"h":{"value":${value},"type":"${type}"},"z":{"type":"gauge","value":2}}`,
    ]) {
      const { families, repairs } = await read(parseKumoMtaJson(), text);
      const described = families.map(({ name, type, samples }) => ({ name, type, samples }));
      expect(described.slice(0, -1)).toEqual(expected);
      expect(described.at(-1)).toMatchObject({ name: 'z', type: 'gauge' });
      const message = expect.stringMatching(
        /^byte \d+: expected a count, got [\d.]+, so its series are served as untyped$/,
      );
      expect(repairs.filter(({ kind }) => kind !== 'repeated')).toEqual([{ family: 'h', kind: 'untyped', message }]);
    }
  });

  test('of a family that is larger than the buffer are dropped, counted and reported', async () => {
    const inBuckets = whole.replace(']]', '],[null,3.5]]');
    const many = Array.from(
      { length: 2_000 },
      (_, i) => `"${i}":${i % 1_000 === 999 ? whole.replace('3', '3.5') : i % 500 === 499 ? inBuckets : whole}`,
    );
    const dropped: string[] = [];
    const onDropped = (error: Error, name: string) => dropped.push(`${name}: ${error.message}`);
    const text = `{"h":{"type":"histogram","value":{"q":{${many.join(',')}}}},"z":{"type":"gauge","value":2}}`;
    const context = { ...unlimited, maxJoinBytes: 32 * 1024, onDropped };
    const { families } = await collectAll({ collect: () => parseKumoMtaJson()(bytesOf(text), context) });
    expect(families.map(({ name, type, samples }) => [name, type, samples.length])).toEqual([
      ['h', 'histogram', 1_996],
      ['z', 'gauge', 1],
    ]);
    expect(dropped).toEqual([
      expect.stringMatching(
        /^h: family "h": byte \d+: expected a count, got 3.5; 4 of the samples were dropped, since the family is large$/,
      ),
    ]);
  });

  test('in a histogram cost the samples that have the label of its buckets, which is reported', async () => {
    const dropped: string[] = [];
    const onDropped = (error: Error, name: string) => dropped.push(`${name}: ${error.message}`);
    const text = `{"h":{"type":"histogram","value":[{"le":"1","@":${whole}},{"q":"a","@":${whole.replace('3', '3.5')}}]}}`;
    const { families } = await collectAll({
      collect: () => parseKumoMtaJson()(bytesOf(text), { ...unlimited, onDropped }),
    });
    expect(families.map(({ name, samples }) => ({ name, samples }))).toEqual([
      {
        name: 'h_bucket',
        samples: [
          { labels: { q: 'a', le: '0.5' }, value: 1 },
          { labels: { q: 'a', le: '+Inf' }, value: 3.5 },
        ],
      },
      { name: 'h_sum', samples: [{ labels: { q: 'a' }, value: 1.5 }] },
      { name: 'h_count', samples: [{ labels: { q: 'a' }, value: 3.5 }] },
    ]);
    expect(dropped).toEqual(['h: family "h": expected samples without the label le; 1 with it were dropped']);
  });

  test('of a family that nobody wants are not read', async () => {
    const text = `{"h":{"type":"histogram","value":{"q":{"a":${whole.replace('3', '3.5')}}}},"z":{"type":"gauge","value":2}}`;
    let series = 0;
    const context = { ...unlimited, wants: (name: string) => name === 'z', addSeries: () => void series++ };
    const names: string[] = [];
    for await (const family of parseKumoMtaJson()(bytesOf(text), context)) {
      names.push(family.name);
      if (family.name === 'z') for await (const _ of family.samples);
    }
    expect(names).toEqual(['h', 'z']);
    expect(series).toBe(1);
  });
});
