import { Stopwatch } from '../../lib/util/stopwatch.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);

test('it runs between start and stop only', async () => {
  const stopwatch = new Stopwatch();
  for (const expected of [20, 40]) {
    stopwatch.start();
    await pass(20);
    stopwatch.stop();
    await pass(1_000);
    expect(stopwatch.elapsed()).toBe(expected);
  }
});

test('it can be read while it runs', async () => {
  const stopwatch = new Stopwatch();
  stopwatch.start();
  await pass(30);
  expect(stopwatch.elapsed()).toBe(30);
});

test('overlapping waits count once, until the last one stops', async () => {
  const stopwatch = new Stopwatch();
  stopwatch.start();
  await pass(10);
  stopwatch.start();
  await pass(10);
  stopwatch.stop();
  await pass(10);
  stopwatch.stop();
  await pass(10);
  expect(stopwatch.elapsed()).toBe(30);
});

test('a wait that ends before the event loop turns does not count', async () => {
  jest.useRealTimers();
  const stopwatch = new Stopwatch();
  stopwatch.start();
  const startedAt = performance.now();
  while (performance.now() < startedAt + 20);
  await Promise.resolve();
  stopwatch.stop();
  expect(stopwatch.elapsed()).toBe(0);
  stopwatch.clear();
});
