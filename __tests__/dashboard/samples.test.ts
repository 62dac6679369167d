import { MAX_WINDOW, type Retention, Samples } from '../../lib/dashboard/browser/model/samples.ts';

const FULL: Retention = { count: 200, window: 60 };

const sampleAt = (clock: number, ...values: readonly (number | null)[]) => ({
  moment: { poll: clock, time: 1000 + clock, clock, limit: 100 },
  values: Float64Array.from(values, (value) => value ?? Number.NaN),
});

/** Returns samples of a counter with a value for each second. */
function counted(...values: readonly (number | null)[]): Samples {
  const samples = new Samples('counter', 1);
  for (const [i, value] of values.entries()) samples.append(sampleAt(i, value), FULL);
  return samples;
}

const clocks = (samples: Samples) => Array.from({ length: samples.length }, (_, i) => samples.momentAt(i).clock);

describe('an increase', () => {
  test.each<[string, (number | null)[], number | null]>([
    ['is the difference of the last and the first value', [5, 7, 12], 7],
    ['counts from zero after a reset', [5, 8, 2, 3], 6],
    ['counts each of several resets', [5, 1, 4, 0, 2], 6],
    ['starts with the first known value', [null, 4, 9], 5],
    ['does not depend on values that are missing in between', [1, null, 4], 3],
    ['is unknown without a value before the last', [null, null, 4], null],
    ['is unknown without a last value', [1, 2, null], null],
    ['is unknown after a single poll', [5], null],
  ])('%s', (_what, values, expected) => {
    const samples = counted(...values);
    expect(samples.increase(0, 0, samples.span(60))).toBe(expected);
  });

  test('of a histogram counts from zero after a reset that only a bucket shows', () => {
    const samples = new Samples('histogram', 3);
    // Count, sum, observations in the first bucket.
    for (const [i, values] of [
      [30, 9, 20],
      [40, 1, 5],
    ].entries())
      samples.append(sampleAt(i, ...values), FULL);
    expect([0, 2].map((column) => samples.increase(0, column, samples.span(60)))).toEqual([40, 5]);
  });

  test('of a sum may be negative, without a reset', () => {
    const samples = new Samples('histogram', 2);
    for (const [i, values] of [
      [30, 9],
      [40, 1],
    ].entries())
      samples.append(sampleAt(i, ...values), FULL);
    expect([0, 1].map((column) => samples.increase(0, column, samples.span(60)))).toEqual([10, -8]);
  });

  test('of a slot that is added later starts with its first value', () => {
    const samples = new Samples('counter', 1);
    samples.append(sampleAt(0, 1), FULL);
    samples.append(sampleAt(1, 2, 100), FULL);
    samples.append(sampleAt(2, 3, 101), FULL);
    expect([0, 1].map((slot) => samples.increase(slot, 0, samples.span(60)))).toEqual([2, 1]);
  });
});

describe('a window', () => {
  test('starts with the last sample before it', () => {
    const samples = counted(...Array.from({ length: 120 }, (_, i) => i));
    expect(samples.span(30)).toEqual({ from: 89, to: 119, seconds: 30, resets: [] });
    expect(samples.span(30, 60)).toEqual({ from: 30, to: 60, seconds: 30, resets: [] });
  });

  test('is as long as the time that is known', () => {
    expect(counted(1, 2, 3).span(900)).toEqual({ from: 0, to: 2, seconds: 2, resets: [] });
    expect(counted(1).span(900).seconds).toBe(0);
  });

  test('contains at least one poll, however far apart they are', () => {
    const samples = new Samples('counter', 1);
    for (const clock of [0, 60, 120]) samples.append(sampleAt(clock, clock), FULL);
    expect(samples.span(30)).toMatchObject({ from: 1, seconds: 60 });
  });

  test('may start a little late, as polls are not exactly on time', () => {
    const samples = new Samples('counter', 1);
    for (const clock of [0, 9.9, 20.1, 40]) samples.append(sampleAt(clock, clock), FULL);
    expect(samples.span(20).from).toBe(2);
  });
});

describe('the number of samples is bounded', () => {
  test('they cover the longest window, the latest of them most densely', () => {
    const samples = new Samples('counter', 1);
    for (let i = 0; i < 5000; i++) samples.append(sampleAt(i, i), FULL);
    const times = clocks(samples);
    expect(times).toHaveLength(200);
    expect(times.slice(-5)).toEqual(Array.from({ length: 5 }, (_, i) => 4995 + i));
    expect(4999 - times[0]!).toBeGreaterThanOrEqual(MAX_WINDOW);
    expect(Math.max(...times.map((time, i) => time - (times[i - 1] ?? time)))).toBeLessThan(40);
    // Every window starts near its beginning.
    for (const window of [30, 60, 300, 900]) {
      const { seconds } = samples.span(window);
      expect(Math.abs(seconds - window)).toBeLessThanOrEqual(window * 0.06);
    }
  });

  test.each([3, 5, 10])('%d of them cover the selected window', (count) => {
    const samples = new Samples('counter', 1);
    for (let i = 0; i < 1000; i++) {
      samples.append(sampleAt(i, i), { count, window: 60 });
      const { seconds } = samples.span(60);
      expect([samples.length <= count, seconds >= Math.min(i, 2), seconds <= 121]).toEqual([true, true, true]);
    }
  });

  test('a reset is not lost with its sample', () => {
    const samples = new Samples('counter', 1);
    for (let i = 0; i < 3000; i++) samples.append(sampleAt(i, i < 2500 ? i : i - 2500), FULL);
    const increase = samples.increase(0, 0, samples.span(900))!;
    expect(increase).toBeGreaterThan(850);
    expect(increase).toBeLessThanOrEqual(930);
  });
});

describe('samples of the past', () => {
  test('come before those that are known, with the reset between them', () => {
    const samples = new Samples('counter', 1);
    samples.append(sampleAt(20, 3), FULL);
    samples.load([sampleAt(0, 100), sampleAt(10, 110), sampleAt(30, 999)], FULL);
    expect(clocks(samples)).toEqual([0, 10, 20]);
    expect(samples.increase(0, 0, samples.span(60))).toBe(13);
  });

  test('do not exceed the bound', () => {
    const samples = counted(1, 2);
    const past = Array.from({ length: 100 }, (_, i) => sampleAt(i - 100, i));
    samples.load(past, { count: 50, window: 60 });
    expect([samples.length, clocks(samples)[0], clocks(samples).at(-1)]).toEqual([50, -100, 1]);
  });
});

test('slots can be moved and removed', () => {
  const samples = new Samples('counter', 1);
  samples.append(sampleAt(0, 1, 10, 100), FULL);
  samples.append(sampleAt(1, 2, 5, 101), FULL);
  samples.remap([2, 1]);
  expect([0, 1, 2].map((slot) => samples.increase(slot, 0, samples.span(60)))).toEqual([1, 5, null]);
});
