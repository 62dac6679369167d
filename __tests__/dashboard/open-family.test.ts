import { promqlOf } from '../../lib/dashboard/browser/model/queries.ts';
import type { ViewState } from '../../lib/dashboard/browser/model/url-state.ts';
import type { TableData } from '../../lib/dashboard/browser/protocol.ts';
import { ChartLines } from '../../lib/dashboard/browser/worker/chart-lines.ts';
import { OpenFamily } from '../../lib/dashboard/browser/worker/open-family.ts';
import { Store } from '../../lib/dashboard/browser/worker/store.ts';

/** Thresholds by name. */
const limits = new Map([['a', 100]]);

type View = Pick<ViewState, 'filter' | 'order'> & Partial<Pick<ViewState, 'window' | 'group'>>;

/** Opens a family in a document that the test sets for each poll. */
function openFamily(type: string, first: object, view: View = { filter: {}, order: 'value' }, name = 'a') {
  const store = new Store();
  const lines = new ChartLines();
  let polls = 0;
  const addPoll = (value: object) =>
    store.addPoll({ [name]: { type, value } }, undefined, { time: 1000 + polls, clock: polls++ });
  addPoll(first);
  const family = store.families.get(name)!;
  const open = new OpenFamily(family, { window: 60, group: '', ...view }, lines);
  return {
    family,
    lines,
    open,
    poll: (value: object) => open.onPoll(addPoll(value)),
    markGap: () => open.onGap(store.markGap({ time: 1000 + polls, clock: polls++ })),
    detail: () => open.detail({ from: 0, to: 100, limits }),
  };
}

const gauges = (length: number, value: (i: number) => number) =>
  Array.from({ length }, (_, i) => ({ i: String(i), '@': value(i) }));

test('a labelled summary has its quantiles in the table, and in a chart when the filter leaves one series', () => {
  const value = { q: { a: summary(0.1, 0.2), b: summary(1, 2) } };
  const all = openFamily('summary', value);
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

  const one = openFamily('summary', value, { filter: { q: '=b' }, order: 'value' });
  one.poll(value);
  const [quantiles] = one.detail().charts;
  expect(quantiles).toMatchObject({ title: 'Quantiles', lines: [{ label: 'p50', values: [1, 1] }, { label: 'p99' }] });
  expect(one.detail().figures.map(({ label }) => label)).toContain('p99');
});

const summary = (...values: number[]) => ({ count: 1, sum: 1, quantile: values.map((v, i) => [[0.5, 0.99][i], v]) });

test('values that cannot be added have no sum and no shares', () => {
  const store = new Store();
  store.addPoll({ t_celsius: { type: 'gauge', value: { d: { a: 20, b: 30 } } } }, undefined, { time: 1, clock: 1 });
  const { figures, table } = new OpenFamily(
    store.families.get('t_celsius')!,
    { filter: {}, order: 'value', window: 60, group: '' },
    new ChartLines(),
  ).detail({ from: 0, to: 9, limits });
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
      // Shares are undefined if a value is negative.
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
      columns: ['Rate', 'p50', 'p95', 'p99', 'Sum'],
      // The sums have not changed, and have no shares.
      rows: {
        b: [3, 0.5, expect.closeTo(0.95), expect.closeTo(0.99), null],
        a: [1, 0.5, expect.closeTo(0.95), expect.closeTo(0.99), null],
      },
      chart: { 'Observations per second': ['total', 'q=b', 'q=a'] },
    },
  ],
])('a labelled %s has figures, a table and a chart of its kind', (type, first, second, shown) => {
  const { poll, detail } = openFamily(type, first, { filter: {}, order: 'rate' });
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

test('a series that is the sum of others is marked, and is not added', () => {
  const values = (sum: number) => ({ service: { db: sum, 'db:a': sum - 1, 'db:b': 1, other: sum } });
  const { poll, detail } = openFamily('counter', values(10));
  poll(values(30));
  const { figures, table } = detail();
  expect(figures.map(({ label, value }) => [label, value])).toEqual([
    ['Rate', 40],
    ['Total since its start', 60],
  ]);
  const rows = table?.rows.map(({ labels, isRollup, values }) => [labels[0]?.value, isRollup, values[1]]);
  expect(rows).toEqual([
    ['db', true, null],
    ['other', false, 0.5],
    ['db:a', false, 0.5],
    ['db:b', false, 0],
  ]);
});

test.each<[string, object, string]>([
  ['counter', { db: 3, 'db:a': 2, 'db:b': 1, other: 5 }, 'sum(rate(a{service!="db"}[1m]))'],
  ['gauge', { db: 3, 'db:a': 2, 'db:b': 1, other: 5 }, 'sum(a{service!="db"})'],
  ['gauge', { x: 3, y: 1 }, 'sum(a)'],
  ['gauge', { x: 3 }, 'a'],
])('the PromQL of a %s with the values %j is that of its figure', (type, service, query) => {
  const { combined } = openFamily(type, { service }).detail();
  expect(promqlOf({ name: 'a', type: type as 'gauge', filter: {}, window: 60, combined })).toBe(query);
});

test('the PromQL leaves out only that sum of others which has the same value as another series', () => {
  const rows = [
    { service: 'db', zone: 'east', '@': 3 },
    { service: 'db:a', zone: 'east', '@': 3 },
    { service: 'db', zone: 'west', '@': 5 },
  ];
  const { combined } = openFamily('gauge', rows).detail();
  expect(promqlOf({ name: 'a', type: 'gauge', filter: {}, window: 60, combined })).toBe(
    'sum(a unless a{service="db", zone="east"})',
  );
});

test('a sum of others is added when a filter leaves out the others', () => {
  const filter = { service: '=db' };
  const { figures } = openFamily('gauge', { service: { db: 3, 'db:a': 3 } }, { filter, order: 'value' }).detail();
  expect(figures[0]).toMatchObject({ label: 'Now', value: 3 });
});

test('lines without a value are not in the chart, nor in its legend', () => {
  const { poll, detail } = openFamily('counter', { q: { a: 1, b: null } }, { filter: {}, order: 'rate' });
  expect(detail().charts[0]?.lines).toEqual([]);
  poll({ q: { a: 3, b: null } });
  expect(detail().charts[0]?.lines.map(({ label }) => label)).toEqual(['total', 'q=a']);
});

test('before the second poll, figures say that rates follow', () => {
  const { poll, detail } = openFamily('counter', { q: { a: 1, b: 5 } });
  expect(detail().figures).toMatchObject([
    { value: null, note: 'follows with the next poll' },
    { label: 'Total since its start', value: 6 },
  ]);
  poll({ q: { a: 1, b: 6 } });
  expect(detail().figures[0]).toMatchObject({ value: 1, note: 'in 1 s' });
});

test.each([
  ['counter', 'Rate'],
  ['gauge', 'Now'],
])('the figure of a %s that is above its threshold is marked', (type, marked) => {
  const { poll, detail } = openFamily(type, 0 as unknown as object);
  poll(100 as unknown as object);
  expect(detail()).toMatchObject({ threshold: 100, charts: [{ threshold: 100 }] });
  expect(detail().figures.filter(({ isAbove }) => isAbove)).toEqual([]);
  poll(500 as unknown as object);
  expect(detail().figures.flatMap(({ label, isAbove }) => (isAbove ? [label] : []))).toEqual([marked]);
});

test('a single number has no table, and its range is that of the history', () => {
  const { poll, detail } = openFamily('gauge', {});
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

test('points in time are represented by the latest', () => {
  const store = new Store();
  store.addPoll({ a_time_seconds: { type: 'gauge', value: { d: { a: 2e8, b: 3e8 } } } }, undefined, {
    time: 1,
    clock: 1,
  });
  const { figures } = new OpenFamily(
    store.families.get('a_time_seconds')!,
    { filter: {}, order: 'value', window: 60, group: '' },
    new ChartLines(),
  ).detail({ from: 0, to: 9, limits });
  expect(figures).toMatchObject([
    { label: 'Lowest', value: 2e8 },
    { label: 'Highest', value: 3e8 },
  ]);
});

test('a long label is cut in the table and the chart, and is not offered as a choice', () => {
  const long = 'x'.repeat(400);
  const { table, charts } = openFamily('gauge', { q: { [long]: 1, short: 2, '': 3 } }).detail();
  expect(table?.rows.map(({ labels }) => labels[0])).toEqual([
    { name: 'q', value: '', isCut: false },
    { name: 'q', value: 'short', isCut: false },
    { name: 'q', value: 'x'.repeat(300), isCut: true },
  ]);
  expect(table?.labels).toEqual([{ name: 'q', values: ['short'] }]);
  expect(charts[0]?.lines[2]?.label).toBe(`q=${'x'.repeat(78)}…`);
});

test('50 series that lost their place in the chart keep their history', () => {
  const { family, poll, lines } = openFamily(
    'gauge',
    gauges(200, (i) => i),
  );
  const remembering = () => family.series.filter(({ history }) => history !== undefined).length;
  // In every poll, other series are the largest.
  for (let round = 1; round < 30; round++) poll(gauges(200, (i) => (i * 7 + round * 31) % 200));
  expect(remembering()).toBe(50);
  lines.clear();
  expect(remembering()).toBe(0);
});

test('the series of a small family have a history while it is not open', () => {
  const { family, poll, lines } = openFamily(
    'gauge',
    gauges(5, (i) => i),
  );
  poll(gauges(5, (i) => i));
  lines.clear();
  expect(family.series.map(({ history }) => history?.times.length)).toEqual([2, 2, 2, 2, 2]);
});

test('a family that is opened, or filtered, shows the past of its series', () => {
  const { family, poll } = openFamily('counter', { q: { a: 0, b: 0 } });
  for (let i = 1; i < 300; i++) poll({ q: { a: i, b: 2 * i } });
  const view = { filter: { q: '=b' }, order: 'rate', window: 30, group: '' } as const;
  const [chart] = new OpenFamily(family, view, new ChartLines()).detail({ from: 0, to: 9, limits }).charts;
  const { times, lines } = chart!;
  expect([times[0], times.at(-1), times.length > 150]).toEqual([1000, 1299, true]);
  expect(lines.map(({ values }) => [values[0], values[1], values.at(-1)])).toEqual([[null, 2, 2]]);
});

test('a line with fewer moments than the chart is not interrupted between them', () => {
  const value = { q: Object.fromEntries(Array.from({ length: 60 }, (_, i) => [i, i])) };
  const { lines, poll, detail } = openFamily('gauge', value);
  for (let i = 1; i < 400; i++) poll(value);
  lines.clear();
  poll(value);
  const [chart] = detail().charts;
  expect(chart!.times).toHaveLength(401);
  expect(new Set(chart!.lines.at(-1)!.values)).toEqual(new Set([undefined, 55]));
});

test('the line of a series that always existed has no gaps, however long the page is open', () => {
  const { poll, detail } = openFamily(
    'gauge',
    gauges(60, (i) => i),
  );
  for (let i = 0; i < 2000; i++) poll(gauges(60, (i) => i));
  const [{ times, lines } = { times: [], lines: [] }] = detail().charts;
  expect(times.length).toBeGreaterThan(300);
  expect(lines.map(({ values }) => values.filter((value) => value === null).length)).toEqual([0, 0, 0, 0, 0]);
});

describe('the table of a histogram of requests', () => {
  /** Requests by route and status: their count, the sum of their durations, and how many took at most 0.1 s. */
  const requests = (...rows: readonly (readonly [string, string, number, number, number])[]) =>
    rows.map(([route, status_code, count, sum, fast]) => ({
      route,
      status_code,
      '@': {
        count,
        sum,
        bucket: [
          [0.1, fast],
          [1, count],
        ],
      },
    }));
  const FIRST = requests(['/a', '200', 0, 0, 0], ['/a', '503', 0, 0, 0], ['/b', '200', 0, 0, 0]);
  const SECOND = requests(['/a', '200', 30, 3, 30], ['/a', '503', 10, 1, 0], ['/b', '200', 20, 12, 0]);
  const rowsOf = (table: TableData | undefined) =>
    Object.fromEntries(table!.rows.map(({ labels, values }) => [labels.map(({ value }) => value).join(' '), values]));

  test('has a row for each route, with rate, share of errors, quantiles and share of the time', () => {
    const { poll, detail } = openFamily('histogram', FIRST, { filter: {}, order: 'rate' }, 'a_seconds');
    poll(SECOND);
    const { table, charts } = detail();
    expect(table?.columns.map(({ title }) => title)).toEqual(['Rate', 'Errors', 'p50', 'p95', 'p99', 'Time']);
    expect(rowsOf(table)).toEqual({
      '/a': [40, 0.25, expect.closeTo(0.0667), expect.closeTo(0.82), expect.closeTo(0.964), 0.25],
      '/b': [20, 0, expect.closeTo(0.55), expect.closeTo(0.955), expect.closeTo(0.991), 0.75],
    });
    expect(table).toMatchObject({ matching: 2, series: 3, group: '' });
    expect(table?.groups.map(({ text }) => text)).toEqual([
      'all but status_code',
      'each series',
      'route',
      'status_code',
    ]);
    expect(charts[2]).toMatchObject({ title: 'Share of errors', threshold: 0.05, times: charts[1]!.times });
    expect(charts[2]!.lines).toEqual([{ label: 'errors', values: [null, 1 / 6], now: 1 / 6 }]);
    // Lines are those of the rows.
    expect(charts[1]?.lines.map(({ label, values }) => [label, values])).toEqual([
      ['total', [null, 60]],
      ['route=/a', [null, 40]],
      ['route=/b', [null, 20]],
    ]);
  });

  test('has a line of the share of errors of the series that pass the filter, with gaps where polls failed', () => {
    const { poll, markGap, detail } = openFamily('histogram', FIRST, { filter: { route: '=/a' }, order: 'rate' });
    const errors = () => detail().charts.find(({ title }) => title === 'Share of errors')!.lines[0]!.values;
    poll(SECOND);
    expect(errors()).toEqual([null, 0.25]);
    markGap();
    poll(SECOND);
    expect(errors()).toEqual([null, 0.25, null, 0.25]);
  });

  test('has no line of errors without a label that tells them', () => {
    const { poll, detail } = openFamily('counter', { q: { a: 0, b: 0 } }, { filter: {}, order: 'rate' });
    poll({ q: { a: 1, b: 2 } });
    expect(detail().charts.map(({ title }) => title)).toEqual(['Rate']);
  });

  test.each<[string, string[]]>([
    ['*', ['/a 200', '/b 200', '/a 503']],
    ['status_code', ['200', '503']],
    ['missing', ['']],
  ])('can have other rows: %s', (group, rows) => {
    const { poll, detail } = openFamily('histogram', FIRST, { filter: {}, order: 'rate', group });
    poll(SECOND);
    expect(detail().table?.rows.map(({ labels }) => labels.map(({ value }) => value).join(' '))).toEqual(rows);
  });

  test.each<[ViewState['order'], string[]]>([
    ['rate', ['/a', '/b']],
    ['errors', ['/a', '/b']],
    ['p50', ['/b', '/a']],
    ['p99', ['/b', '/a']],
    ['time', ['/b', '/a']],
    // A column that it does not have.
    ['value', ['/a', '/b']],
  ])('is sorted by %s', (order, rows) => {
    const { poll, detail } = openFamily('histogram', FIRST, { filter: {}, order }, 'a_seconds');
    poll(SECOND);
    expect(detail().table?.rows.map(({ labels }) => labels[0]?.value)).toEqual(rows);
  });

  test('keeps its rows in their places while it holds them', () => {
    const { open, poll, detail } = openFamily('counter', { q: { a: 0, b: 0, c: 0 } }, { filter: {}, order: 'value' });
    const rows = () => detail().table?.rows.map(({ labels, values }) => [labels[0]?.value, values.at(-1)]);
    poll({ q: { a: 3, b: 2, c: 1 } });
    open.holdsRows = true;
    poll({ q: { d: 50, a: 3, c: 9 } });
    expect(rows()).toEqual([
      ['a', 3],
      ['c', 9],
      ['d', 50],
    ]);
    open.holdsRows = false;
    poll({ q: { d: 50, a: 3, c: 9 } });
    expect(rows()).toEqual([
      ['d', 50],
      ['c', 9],
      ['a', 3],
    ]);
  });
});

test('scrolling reads only the rows that come on screen; a poll and a gap draw everything again', () => {
  const value = gauges(1000, (i) => i);
  const { family, open, poll, markGap } = openFamily('gauge', value);
  poll(value);
  const reads = jest.spyOn(family.samples, 'valueAt');
  const readsFor = (from: number, to: number) => {
    reads.mockClear();
    const detail = open.detail({ from, to, limits });
    return { detail, count: reads.mock.calls.length };
  };
  const first = readsFor(0, 10);
  expect(first.count).toBeGreaterThan(1000);
  const scrolled = readsFor(500, 510);
  // A value and a share for each row.
  expect(scrolled.count).toBe(20);
  expect(scrolled.detail.table?.rows[0]?.values[0]).toBe(499);
  expect(scrolled.detail.charts).toBe(first.detail.charts);

  poll(gauges(1000, (i) => 2 * i));
  const polled = readsFor(0, 10);
  expect(polled.count).toBeGreaterThan(1000);
  expect(polled.detail.figures).not.toEqual(first.detail.figures);
  markGap();
  expect(readsFor(0, 10).count).toBeGreaterThan(1000);
});
