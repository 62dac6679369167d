import { combineSources, type MetricFamily, type MetricsSource, type Sample } from '../../lib/index.ts';
import { serve } from '../support/clients.ts';
import { collectAll } from '../support/collect.ts';
import { linesOf } from '../support/prom-clients.ts';

const histogram = (labels: Record<string, string>): Sample => ({
  labels,
  value: { count: 3, sum: 1.5, bounds: [1], cumulativeCounts: [2] },
});
const summary = (labels: Record<string, string>): Sample => ({
  labels,
  value: { count: 3, sum: 1.5, quantiles: [0.5], values: [0.25] },
});
const family = (name: string, type: MetricFamily['type'], samples: MetricFamily['samples']): MetricFamily => ({
  name,
  type,
  samples,
});
const source = (...families: MetricFamily[]): MetricsSource => ({ collect: () => families });
const gauge = (name: string, instance: string) => family(name, 'gauge', [{ labels: { instance }, value: 7 }]);

/** Joins the samples of a histogram or summary with a gauge of its name, between two families of each source. */
async function splitLines(samples: MetricFamily['samples'], path: string, type: MetricFamily['type'] = 'histogram') {
  const a = source(gauge('x', 'a'), family('h', type, samples), gauge('z', 'a'));
  const b = source(gauge('x', 'b'), gauge('h', 'b'), gauge('z', 'b'));
  const { get, failures } = await serve({ source: combineSources([a, b], { join: true }) });
  const { status, text } = await get(path);
  const reports = failures.map(({ family, error }) => `${family}: ${(error as Error).message}`);
  expect({ status, reports: reports.filter((one) => /failed|Cannot/.test(one)) }).toEqual({ status: 200, reports: [] });
  return { text, reports };
}

const OTHERS = [
  'x{instance="a"} 7',
  'x{instance="b"} 7',
  'z{instance="a"} 7',
  'z{instance="b"} 7',
  'h{instance="b"} 7',
];
const HISTOGRAM = (instance: string) => [
  `h_bucket{instance="${instance}",le="1"} 2`,
  `h_bucket{instance="${instance}",le="+Inf"} 3`,
  `h_sum{instance="${instance}"} 1.5`,
  `h_count{instance="${instance}"} 3`,
];

const throwing = (member: 'labels' | 'value'): Sample => ({
  ...histogram({ instance: 'bad' }),
  get [member](): never {
    throw new Error(`its ${member} are gone`);
  },
});

describe('a malformed sample of a histogram that becomes series is dropped alone, and reported', () => {
  const { value } = histogram({});
  test.each<[string, unknown, RegExp]>([
    ['null', null, /^it has no labels/],
    ['undefined', undefined, /^it has no labels/],
    ['a number', 7, /^it has no labels/],
    ['one without labels', { value }, /^it has no labels/],
    ['one whose labels are null', { labels: null, value }, /^it has no labels/],
    ['one whose labels are a string', { labels: 'bad', value }, /^it has no labels/],
    ['one with the label of the buckets', histogram({ instance: 'bad', le: '7' }), /^its label "le" is one/],
    ['one whose value is null', { labels: { instance: 'bad' }, value: null }, /^its value is null; write \{ count/],
    ['one whose labels throw', throwing('labels'), /^its labels are gone$/],
    ['one whose value throws', throwing('value'), /^its value are gone$/],
  ])('%s', async (_what, sample, reason) => {
    const bad = sample as Sample;
    for (const samples of [
      [bad, histogram({ instance: 'c' })],
      [histogram({ instance: 'c' }), bad],
    ]) {
      const { text, reports } = await splitLines(samples, '/metrics');
      const lines = linesOf(text).filter((line) => !line.startsWith('#'));
      expect(lines).toEqual([...OTHERS, ...HISTOGRAM('c')].sort());
      expect(reports).toContainEqual(expect.stringMatching(/^h_bucket: /));
      expect(reports.map((one) => one.slice(one.indexOf(': ') + 2))).toContainEqual(expect.stringMatching(reason));

      const json = JSON.parse((await splitLines(samples, '/metrics.json')).text);
      expect(json.h_count.value).toEqual({ instance: { c: 3 } });
      expect(json.h_sum.value).toEqual({ instance: { c: 1.5 } });
      expect(json.z.value).toEqual({ instance: { a: 7, b: 7 } });
    }
  });

  test('also if it is the only one', async () => {
    const { text } = await splitLines([null as never], '/metrics');
    expect(linesOf(text).filter((line) => !line.startsWith('#'))).toEqual([...OTHERS].sort());
  });

  test('of a summary, if it has the label of the quantiles', async () => {
    const samples = [summary({ instance: 'bad', quantile: '7' }), summary({ instance: 'c', le: '7' })];
    const { text, reports } = await splitLines(samples, '/metrics', 'summary');
    expect(linesOf(text)).toEqual(
      expect.arrayContaining(['h{instance="c",le="7",quantile="0.5"} 0.25', 'h_sum{instance="c",le="7"} 1.5']),
    );
    expect(text).not.toContain('bad');
    expect(reports).toContainEqual('h_sum: its label "quantile" is one that its series need themselves');
  });
});

describe('a histogram that fails before it has become series costs no other family, and is all that is reported', () => {
  let isBroken = false;
  const failing = (samples: () => Generator<Sample>): MetricFamily => ({
    ...family('h', 'histogram', samples()),
    get help(): string {
      if (isBroken) throw new Error('the help is gone');
      return 'help';
    },
  });
  beforeEach(() => {
    isBroken = false;
  });

  test.each<[string, () => Generator<Sample>]>([
    [
      'in the split',
      function* () {
        yield histogram({ instance: 'a' });
        isBroken = true;
      },
    ],
    [
      'while it is read',
      function* () {
        yield histogram({ instance: 'a' });
        throw new Error('lost');
      },
    ],
  ])('%s', async (_what, samples) => {
    for (const isFirst of [true, false]) {
      isBroken = false;
      const sources = [source(failing(samples), gauge('z', 'a')), source(gauge('h', 'b'), gauge('z', 'b'))];
      const ordered = isFirst ? sources : sources.reverse();
      const { families, reports } = await collectAll(combineSources(ordered, { join: true }));
      expect(families.map(({ name, samples }) => `${name} ${samples.length}`).sort()).toEqual(['h 1', 'z 2']);
      expect(reports).toEqual([`h: sources[${isFirst ? 0 : 1}] failed: its samples of the family are missing`]);
    }
  });
});
