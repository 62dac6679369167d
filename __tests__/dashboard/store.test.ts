import { Store } from '../../lib/dashboard/browser/worker/store.ts';

const counter = (value: unknown) => ({ type: 'counter', value });

test('documents of the past are loaded for the families and series of the last poll, whatever else they contain', () => {
  const store = new Store();
  const past = (age: number, value: number) => ({
    age,
    document: { a: counter(value), gone: counter(1), constructor: counter(1) },
  });
  store.load([past(20, 0)]);
  expect(store.families.size).toBe(0);
  store.addPoll({ a: counter(40), b: counter(5) }, undefined, { time: 1000, clock: 50 });
  store.load([past(20, 0), past(10, 10)]);
  expect([...store.families.keys()]).toEqual(['a', 'b']);
  expect(store.families.get('a')?.history).toMatchObject({ times: [980, 990, 1000], columns: [[null, 1, 2]] });
  expect(store.families.get('b')?.history.times).toEqual([1000]);
  store.addPoll({ a: counter(70), b: counter(6) }, undefined, { time: 1010, clock: 60 });
  expect(store.families.get('a')?.history.columns).toEqual([[null, 1, 2, 70 / 30]]);
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
