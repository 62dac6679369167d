import type { ViewState } from '../../lib/dashboard/browser/model/url-state.ts';
import { open } from '../../lib/dashboard/browser/worker/detail.ts';
import { createLines } from '../../lib/dashboard/browser/worker/lines.ts';
import { createStore } from '../../lib/dashboard/browser/worker/store.ts';

type View = Pick<ViewState, 'filter' | 'order'>;

/** A family that is open, in a document that a test sets for each poll. */
function opened(type: string, first: object, view: View = { filter: {}, order: 'value' }) {
  const store = createStore();
  const lines = createLines();
  let polls = 0;
  const take = (value: object) => store.take({ a: { type, value } }, undefined, { time: 1000 + polls, clock: polls++ });
  take(first);
  const family = store.families.get('a')!;
  const what = open(family, view, lines);
  return { family, lines, poll: (value: object) => what.polled(take(value)), detail: () => what.detail(0, 100) };
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
  store.take({ t_celsius: { type: 'gauge', value: { d: { a: 20, b: 30 } } } }, undefined, { time: 1, clock: 1 });
  const { figures, table } = open(
    store.families.get('t_celsius')!,
    { filter: {}, order: 'value' },
    createLines(),
  ).detail(0, 9);
  expect(figures.map(({ label, value }) => [label, value])).toEqual([
    ['Average', 25],
    ['Lowest', 20],
    ['Highest', 30],
  ]);
  expect(table?.columns.map(({ title }) => title)).toEqual(['Value']);
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
  lines.end();
  expect(remembering()).toBe(0);
});

test('the lines of a few series go on when nobody looks', () => {
  const { family, poll, lines } = opened(
    'gauge',
    gauges(5, (i) => i),
  );
  poll(gauges(5, (i) => i));
  lines.end();
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
