import type { ViewState } from '../../lib/dashboard/browser/model/url-state.ts';
import { createOpenFamily } from '../../lib/dashboard/browser/worker/detail.ts';
import { createChartLines } from '../../lib/dashboard/browser/worker/lines.ts';
import { createStore } from '../../lib/dashboard/browser/worker/store.ts';

type View = Pick<ViewState, 'filter' | 'order'>;

/** A family that is open, in a document that a test sets for each poll. */
function opened(type: string, first: object, view: View = { filter: {}, order: 'value' }) {
  const store = createStore();
  const lines = createChartLines();
  let polls = 0;
  const take = (value: object) =>
    store.addPoll({ a: { type, value } }, undefined, { time: 1000 + polls, clock: polls++ });
  take(first);
  const family = store.families.get('a')!;
  const what = createOpenFamily(family, view, lines);
  return { family, lines, poll: (value: object) => what.onPoll(take(value)), detail: () => what.detail(0, 100) };
}

const gauges = (length: number, value: (i: number) => number) =>
  Array.from({ length }, (_, i) => ({ i: String(i), '@': value(i) }));

test('of a labelled summary the quantiles are in the table, and drawn once a filter leaves one of its series', () => {
  const value = { q: { a: summary(0.1, 0.2), b: summary(1, 2) } };
  const all = opened('summary', value);
  all.poll(value);
  expect(all.detail().charts.map(({ title }) => title)).toEqual(['Observations per second']);
  expect(all.detail().table?.columns.map(({ title }) => title)).toEqual([
    'Rate',
    'Share',
    'Avg',
    'p50',
    'p99',
    'Count',
  ]);
  expect(all.detail().table?.rows[1]?.values.slice(3, 5)).toEqual([1, 2]);

  const one = opened('summary', value, { filter: { q: '=b' }, order: 'value' });
  one.poll(value);
  const [quantiles] = one.detail().charts;
  expect(quantiles).toMatchObject({ title: 'Quantiles', lines: [{ label: 'p50', values: [1] }, { label: 'p99' }] });
  expect(one.detail().figures.map(({ label }) => label)).toContain('p99');
});

const summary = (...values: number[]) => ({ count: 1, sum: 1, quantile: values.map((v, i) => [[0.5, 0.99][i], v]) });

test('what cannot be added has no sum and no shares', () => {
  const store = createStore();
  store.addPoll({ t_celsius: { type: 'gauge', value: { d: { a: 20, b: 30 } } } }, undefined, { time: 1, clock: 1 });
  const { figures, table } = createOpenFamily(
    store.families.get('t_celsius')!,
    { filter: {}, order: 'value' },
    createChartLines(),
  ).detail(0, 9);
  expect(figures.map(({ label, value }) => [label, value])).toEqual([
    ['Average', 25],
    ['Lowest', 20],
    ['Highest', 30],
  ]);
  expect(table?.columns.map(({ title }) => title)).toEqual(['Value']);
});

const bucketed = (...counts: number[]) => ({ count: counts.at(-1), sum: 4, bucket: [[1, counts[0]]] });

test.each<[string, object, object, object]>([
  [
    'counter',
    { q: { a: 1, b: 2 } },
    { q: { a: 3, b: 5 } },
    {
      figures: { Rate: 5, 'Total since its start': 8 },
      columns: ['Rate', 'Share', 'Total'],
      rows: { b: [3, 0.6, 5], a: [2, 0.4, 3] },
      chart: { Rate: ['total', 'q=b', 'q=a'] },
    },
  ],
  [
    'gauge',
    { q: { a: 1, b: 2 } },
    { q: { a: 4, b: -5 } },
    {
      figures: { Sum: -1, Lowest: -5, Highest: 4 },
      columns: ['Value', 'Share'],
      // There is no share of what has parts below zero.
      rows: { a: [4, null], b: [-5, null] },
      chart: { Value: ['q=a', 'q=b'] },
    },
  ],
  [
    'histogram',
    { q: { a: bucketed(1, 1), b: bucketed(1, 2) } },
    { q: { a: bucketed(2, 2), b: bucketed(4, 5) } },
    {
      figures: { Observations: 4, 'Observations since its start': 7 },
      columns: ['Rate', 'Share', 'Avg', 'Count'],
      rows: { b: [3, 0.75, 0, 5], a: [1, 0.25, 0, 2] },
      chart: { 'Observations per second': ['total', 'q=b', 'q=a'] },
    },
  ],
])('of a labelled %s the figures, the table and the chart say what it is', (type, first, second, shown) => {
  const { poll, detail } = opened(type, first, { filter: {}, order: 'rate' });
  poll(second);
  const { figures, table, charts } = detail();
  const chart = charts.at(-1);
  expect({
    figures: Object.fromEntries(
      figures.map(({ label, value }) => [label, value]).filter(([label]) => !/^p\d/.test(`${label}`)),
    ),
    columns: table?.columns.map(({ title }) => title),
    rows: Object.fromEntries(table?.rows.map(({ labels, values }) => [labels[0]?.value, values]) ?? []),
    chart: { [`${chart?.title}`]: chart?.lines.map(({ label }) => label) },
  }).toEqual(shown);
});

test('of a single number there is no table, and the lowest and the highest are those that were seen', () => {
  const { poll, detail } = opened('gauge', {});
  for (const value of [3, 1, 2]) poll(value as unknown as object);
  const { figures, table, charts } = detail();
  expect(figures).toMatchObject([
    { label: 'Now', value: 2 },
    { label: 'Lowest seen', value: 1 },
    { label: 'Highest seen', value: 3 },
  ]);
  expect(table).toBeUndefined();
  expect(charts).toMatchObject([{ title: 'Value', lines: [{ label: 'value', now: 2 }] }]);
});

test('of points in time the latest stands for all', () => {
  const store = createStore();
  store.addPoll({ a_time_seconds: { type: 'gauge', value: { d: { a: 2e8, b: 3e8 } } } }, undefined, {
    time: 1,
    clock: 1,
  });
  const { figures } = createOpenFamily(
    store.families.get('a_time_seconds')!,
    { filter: {}, order: 'value' },
    createChartLines(),
  ).detail(0, 9);
  expect(figures).toMatchObject([
    { label: 'Lowest', value: 2e8 },
    { label: 'Highest', value: 3e8 },
  ]);
});

test('a label that is long is cut in the table, in the chart and in what can be chosen', () => {
  const long = 'x'.repeat(400);
  const { table, charts } = opened('gauge', { q: { [long]: 1, short: 2, '': 3 } }).detail();
  expect(table?.rows.map(({ labels }) => labels[0])).toEqual([
    { name: 'q', value: '', isCut: false },
    { name: 'q', value: 'short', isCut: false },
    { name: 'q', value: 'x'.repeat(300), isCut: true },
  ]);
  expect(table?.labels).toEqual([{ name: 'q', values: ['short'] }]);
  expect(charts[0]?.lines[2]?.label).toBe(`q=${'x'.repeat(78)}…`);
});

test('series keep a line while others take their place in the chart, 50 of them and no more', () => {
  const { family, poll, lines } = opened(
    'gauge',
    gauges(200, (i) => i),
  );
  const remembering = () => family.series.filter(({ history }) => history !== undefined).length;
  // Others are on top in every poll.
  for (let round = 1; round < 30; round++) poll(gauges(200, (i) => (i * 7 + round * 31) % 200));
  expect(remembering()).toBe(50);
  lines.clear();
  expect(remembering()).toBe(0);
});

test('the lines of a few series go on when nobody looks', () => {
  const { family, poll, lines } = opened(
    'gauge',
    gauges(5, (i) => i),
  );
  poll(gauges(5, (i) => i));
  lines.clear();
  expect(family.series.map(({ history }) => history?.times.length)).toEqual([1, 1, 1, 1, 1]);
});

test('a series that was there all along has a line without holes, however long the page is open', () => {
  const { poll, detail } = opened(
    'gauge',
    gauges(60, (i) => i),
  );
  for (let i = 0; i < 2000; i++) poll(gauges(60, (i) => i));
  const [{ times, lines } = { times: [], lines: [] }] = detail().charts;
  expect(times.length).toBeGreaterThan(300);
  expect(lines.map(({ values }) => values.filter((value) => value === null).length)).toEqual([1, 1, 1, 1, 1]);
});
