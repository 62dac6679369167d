import { readHistory } from '../../lib/dashboard/browser/worker/past.ts';
import { Store } from '../../lib/dashboard/browser/worker/store.ts';

const counter = (value: unknown) => ({ type: 'counter', value });

test('the past is loaded for the families and series of the last poll, whatever else it contains', () => {
  const store = new Store();
  const read = (values: number[], names: string[]) => {
    const family = { type: 'counter', help: '', leftOut: 0, totals: [], series: [{ labels: [], columns: [values] }] };
    const families = Object.fromEntries(names.map((name) => [name, family]));
    return readHistory({ ages: values.map((_, i) => 10 * (values.length - i)), families });
  };
  store.load(read([0], ['a']), { time: 1000, clock: 50 });
  expect(store.families.size).toBe(0);
  store.addPoll({ a: counter(40), b: counter(5) }, undefined, { time: 1000, clock: 50 });
  // The response came 5 s after the poll.
  store.load(read([0, 10, 35], ['a', 'gone', 'constructor']), { time: 1015, clock: 65 });
  expect([...store.families.keys()]).toEqual(['a', 'b']);
  expect(store.families.get('a')?.history).toMatchObject({ times: [985, 995, 1000], columns: [[null, 1, 40 / 15]] });
  expect(store.families.get('b')?.history.times).toEqual([1000]);
  store.addPoll({ a: counter(70), b: counter(6) }, undefined, { time: 1010, clock: 60 });
  expect(store.families.get('a')?.history.columns).toEqual([[null, 1, 40 / 15, 70 / 25]]);
});

test('a unit that the service states is used from then on, also to combine series', () => {
  const store = new Store();
  const document = { a: { type: 'gauge', help: 'in bytes', value: { disk: { x: 20, y: 30 } } } };
  store.addPoll(document, undefined, { time: 1000, clock: 50 });
  const family = store.families.get('a')!;
  expect([family.unit, family.current]).toEqual([{ of: 'bytes' }, [50]]);
  const past = { type: 'gauge', help: 'in bytes', unit: 'celsius', leftOut: 2, totals: [[40], [2], [30]], series: [] };
  store.load(readHistory({ ages: [10], families: { a: past } }), { time: 1000, clock: 50 });
  expect([family.unit, family.current]).toEqual([{ of: 'celsius' }, [25]]);
  expect(family.history.columns).toEqual([[20, 25]]);
  store.addPoll(document, undefined, { time: 1010, clock: 60 });
  expect([family.unit, family.history.columns]).toEqual([{ of: 'celsius' }, [[20, 25, 25]]]);
});

test('where the service has left out series, their total has a past, and they have none', () => {
  const store = new Store();
  const document = (a: number, b: number) => ({ a: counter({ q: { x: a, y: b } }) });
  store.addPoll(document(30, 30), undefined, { time: 1000, clock: 50 });
  const totals = [
    [20, 40],
    [2, 2],
    [10, 20],
  ];
  const series = [{ labels: ['q', 'x'], columns: [[10, 20]] }];
  const families = { a: { type: 'counter', help: '', leftOut: 1, totals, series } };
  store.load(readHistory({ ages: [20, 10], families }), { time: 1000, clock: 50 });
  const family = store.families.get('a')!;
  expect(family.history).toMatchObject({ times: [980, 990, 1000], columns: [[null, 2, null]] });
  expect(family.series[0]!.history?.times).toEqual([1000]);
});

test.each([
  ['counter', undefined, [[100, 110, 90, 100], [2, 2, 1, 1], []], [null, 1, null, 1]],
  ['counter', undefined, [[100, 110, 500, 520], [2, 2, 3, 3], []], [null, 1, null, 2]],
  // The service has started again.
  ['counter', undefined, [[100, 110, 10, 20], [2, 2, 2, 2], []], [null, 1, 1, 1]],
  [
    'histogram',
    [1],
    [
      [100, 110, 90, 100],
      [1, 1, 1, 1],
      [0, 0, 0, 0],
      [2, 2, 1, 1],
    ],
    [null, 1, null, 1],
  ],
  [
    'summary',
    [0.5],
    [
      [100, 110, 90, 100],
      [1, 1, 1, 1],
      [2, 2, 1, 1],
    ],
    [null, 1, null, 1],
  ],
  ['gauge', undefined, [[3, 4, 1, 2], [2, 2, 1, 1], []], [3, 4, 1, 2]],
])(
  'the total of a %s (points %j) has a gap where another number of series is added up, not a peak',
  (type, points, totals, expected) => {
    const store = new Store();
    const bucket = [[1, 0]];
    const value = { counter: 5, gauge: 5, histogram: { count: 5, sum: 1, bucket }, summary: { count: 5, sum: 1 } }[
      type
    ];
    store.addPoll({ a: { type, value: { q: { x: value, y: value } } } }, undefined, { time: 1000, clock: 50 });
    const families = { a: { type, help: '', points, leftOut: 1, totals, series: [] } };
    store.load(readHistory({ ages: [40, 30, 20, 10], families }), { time: 1000, clock: 50 });
    const [line] = store.families.get('a')!.history.columns;
    expect(line!.slice(0, -1)).toEqual(expected);
  },
);

test.each([
  [true, 1, [1000]],
  [false, 0, [980, 990, 1000]],
])('a past that includes roll-ups is not loaded where they are left out (%s)', (canRollUp, rollups, times) => {
  const store = new Store();
  store.canRollUp = canRollUp;
  const values = { smtp: 60, 'smtp:a': 10, 'smtp:b': 20, 'smtp:c': 30 };
  store.addPoll({ a: counter({ service: values }) }, undefined, { time: 1000, clock: 50 });
  const totals = [
    [100, 120],
    [4, 4],
    [50, 60],
  ];
  const past = { type: 'counter', help: '', leftOut: 1, totals, series: [] };
  store.load(readHistory({ ages: [20, 10], families: { a: past } }), { time: 1000, clock: 50 });
  const family = store.families.get('a')!;
  expect([family.rollups.size, family.history.times]).toEqual([rollups, times]);
});

test.each([
  ['queue_depth', '', [12, 6]],
  ['cache_hit_ratio', '', [4, 3]],
  ['last_run_timestamp_seconds', '', [7, 5]],
])('the past total of the gauges %s is what the page shows of them', (name, help, expected) => {
  const totals = [
    [12, 6],
    [3, 2],
    [7, 5],
  ];
  const [family] = readHistory({ ages: [20, 10], families: { [name]: { type: 'gauge', help, leftOut: 9, totals } } });
  expect(family!.moments.map(({ data }) => data.samples[0]!.value)).toEqual(expected);
});

test('the past of histograms has their buckets, so that quantiles have a past', () => {
  const store = new Store();
  const value = (count: number, below: number) => ({
    count,
    sum: 1,
    bucket: [
      [1, below],
      [2, count],
    ],
  });
  store.addPoll({ a: { type: 'histogram', value: value(100, 0) } }, undefined, { time: 1000, clock: 50 });
  const columns = [
    [0, 100],
    [0, 1],
    [0, 100],
    [0, 100],
  ];
  const family = {
    type: 'histogram',
    help: '',
    points: [1, 2],
    leftOut: 0,
    totals: [],
    series: [{ labels: [], columns }],
  };
  store.load(readHistory({ ages: [20, 10], families: { a: family } }), { time: 1000, clock: 50 });
  const { times, columns: lines } = store.families.get('a')!.history;
  expect(times).toEqual([980, 990, 1000]);
  expect(lines.map((line) => line[1])).toEqual([10, 0.5, 0.95, 0.99]);
});

test.each([
  [{}],
  [{ ages: 5, families: {} }],
  [{ ages: [1], families: { a: null } }],
  [{ ages: [1], families: { a: {} } }],
])('the document %j has no past', (document) => {
  expect(readHistory(document).flatMap(({ moments }) => moments)).toEqual([]);
});

test('another window applies to all families and to the lines of series', () => {
  const store = new Store();
  for (let i = 0; i < 100; i++)
    store.addPoll({ a: counter({ q: { x: i ** 2, y: 0 } }) }, undefined, { time: 1000 + i, clock: i });
  store.window = 30;
  const { current, history, series } = store.families.get('a')!;
  expect(current).toEqual([99 * 2 - 30]);
  expect([history, series[0]!.history!].map(({ columns }) => columns[0]!.at(-1))).toEqual([168, 168]);
});

test('the more series there are, the fewer samples are kept, but the window is covered', () => {
  const store = new Store();
  const series = (poll: number) => Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [i, poll]));
  for (let i = 0; i < 20; i++)
    store.addPoll({ a: counter({ q: series(i) }) }, undefined, { time: 10 * i, clock: 10 * i });
  const { samples, span, current } = store.families.get('a')!;
  expect(samples.length).toBeLessThan(10);
  expect(span.seconds).toBe(60);
  expect(current[0]).toBeCloseTo(2000);
});

test('the histories of families and of their series have a bound together, however long the page is open', () => {
  const store = new Store();
  const value = { label: Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`v${i}`, i])) };
  const document = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`f${n}`, { type: 'gauge', value }]));
  let most = 0;
  for (let poll = 0; poll < 360; poll++) {
    store.addPoll(document, undefined, { time: poll, clock: poll });
    if (poll % 20 > 0) continue;
    let moments = 0;
    for (const { history, series } of store.families.values())
      for (const one of [history, ...series.map((one) => one.history!)]) moments += one.times.length;
    most = Math.max(most, moments);
  }
  expect(most).toBeGreaterThan(200_000);
  expect(most).toBeLessThanOrEqual(300_000);
});
