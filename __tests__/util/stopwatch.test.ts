import { createStopwatch } from '../../lib/util/stopwatch.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);

test('it runs from start to stop, and stands still in between', async () => {
  const stopwatch = createStopwatch();
  for (const expected of [20, 40]) {
    stopwatch.start();
    await pass(20);
    stopwatch.stop();
    await pass(1_000);
    expect(stopwatch.elapsed()).toBe(expected);
  }
});

test('it can be read while it runs', async () => {
  const stopwatch = createStopwatch();
  stopwatch.start();
  await pass(30);
  expect(stopwatch.elapsed()).toBe(30);
});

test('when several wait at once, the time passes once, until the last one stops', async () => {
  const stopwatch = createStopwatch();
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

test('what ends before the event loop has turned was no waiting', async () => {
  jest.useRealTimers();
  const stopwatch = createStopwatch();
  stopwatch.start();
  const startedAt = performance.now();
  while (performance.now() < startedAt + 20);
  await Promise.resolve();
  stopwatch.stop();
  expect(stopwatch.elapsed()).toBe(0);
  stopwatch.clear();
});
