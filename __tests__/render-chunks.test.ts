import { setImmediate as turn } from 'node:timers/promises';
import type { MetricFamily, MetricsSource, ScrapeFailure } from '../lib/index.ts';
import { type RenderOptions, renderMetrics } from '../lib/render.ts';
import { until } from './support/clients.ts';
import { countedSource } from './support/counted.ts';
import {
  endless,
  largeFamily,
  never,
  QUEUE_DEPTH_JSON,
  queueDepth,
  samplesThatFail,
  samplesThatHang,
  sourceOf,
} from './support/scrape-sources.ts';
import { watched } from './support/watched.ts';

const ERROR = new Error('the source failed');
const chunksOf = (source: MetricsSource, options?: RenderOptions) => renderMetrics(source, options).chunks;

/** The document, and what it failed with. */
async function readAll(chunks: AsyncIterable<Uint8Array>): Promise<{ text: string; error?: unknown }> {
  const read: Uint8Array[] = [];
  const text = () => Buffer.concat(read).toString();
  try {
    for await (const chunk of chunks) read.push(chunk);
    return { text: text() };
  } catch (error) {
    return { text: text(), error };
  }
}

const failing = (kilobytes: number): MetricFamily => ({
  name: 'failing',
  type: 'gauge',
  labelNames: ['id', 'noise'],
  samples: samplesThatFail(kilobytes, ERROR),
});

// Jest fails a test that leaves a rejection unhandled, if it is still running when the event loop has turned.
afterEach(() => turn());

test('nothing happens before the first chunk is asked for', async () => {
  const collect = jest.fn(() => [queueDepth]);
  const chunks = chunksOf({ collect });
  await turn();
  expect(collect).not.toHaveBeenCalled();
  expect((await readAll(chunks)).text).toBe(QUEUE_DEPTH_JSON);
  expect(collect).toHaveBeenCalledTimes(1);
});

test('the event loop turns while families are passed by that nobody wants', async () => {
  const families = watched((n) => (n < 1000 ? { ...queueDepth, name: `unwanted_${n}` } : undefined));
  const perTurn: number[] = [];
  let last = 0;
  let turning = setImmediate(function count() {
    perTurn.push(families.pulled - last);
    last = families.pulled;
    turning = setImmediate(count);
  });
  // A look at the clock costs 1 ms: what is measured is work, not the speed of this machine.
  let now = performance.now() + 1000;
  const clock = jest.spyOn(performance, 'now').mockImplementation(() => ++now);
  await readAll(chunksOf({ collect: () => families }, { names: ['queue_depth'], timeout: 600_000 }));
  clock.mockRestore();
  clearImmediate(turning);
  expect(families.pulled).toBeGreaterThan(1000);
  expect(perTurn.length).toBeGreaterThan(50);
  expect(Math.max(...perTurn)).toBeLessThan(20);
});

test('a large document comes in chunks, as they are asked for', async () => {
  const source = endless();
  const chunks = chunksOf(source);
  for (let n = 1; n <= 3; n++) {
    const { value } = await chunks.next();
    expect(value?.length).toBeGreaterThanOrEqual(32 * 1024);
    expect(value?.length).toBeLessThan(70 * 1024);
    // What was pulled is what was given, and a batch ahead.
    expect(source.pulled).toBeLessThan(n * 70 + 300);
  }
  await chunks.return?.();
});

test('each chunk has memory of its own, and none is empty', async () => {
  for (const source of [sourceOf(queueDepth), sourceOf(largeFamily(200)), sourceOf()]) {
    for await (const chunk of chunksOf(source, { format: 'prometheus-text' })) {
      expect(chunk.length).toBeGreaterThan(0);
      expect(chunk.buffer.byteLength).toBe(chunk.length);
    }
  }
});

describe('a failure is a rejection', () => {
  const hanging: MetricFamily = { ...failing(0), samples: samplesThatHang(500) };
  test.each<[string, MetricsSource['collect'], RenderOptions, unknown]>([
    [
      'when collect() throws',
      () => {
        throw ERROR;
      },
      {},
      ERROR,
    ],
    ['when collect() rejects', () => Promise.reject(ERROR), {}, ERROR],
    [
      'when every family is lost',
      () => [failing(0)],
      {},
      expect.objectContaining({ code: 'ERR_METRICS_NO_FAMILY_LEFT' }),
    ],
    ['when a family is lost that must not be', () => [queueDepth, failing(0)], { onSourceError: 'fail' }, ERROR],
    [
      'when a small family fails on the way',
      () => [queueDepth, failing(1)],
      {},
      expect.objectContaining({ code: 'ERR_METRICS_CUT_DOCUMENT', cause: ERROR }),
    ],
    [
      'when a large family fails on the way',
      () => [failing(500)],
      {},
      expect.objectContaining({ code: 'ERR_METRICS_CUT_DOCUMENT', cause: ERROR }),
    ],
    ['when the source hangs', never, { timeout: 20 }, expect.objectContaining({ code: 'ERR_METRICS_SOURCE_TIMEOUT' })],
    [
      'when the source hangs on the way',
      () => [hanging],
      { timeout: 20 },
      expect.objectContaining({ code: 'ERR_METRICS_SOURCE_TIMEOUT' }),
    ],
  ])('%s', async (_case, collect, options, error) => {
    const chunks = chunksOf({ collect }, options);
    const result = await readAll(chunks);
    expect(result.error).toEqual(error);
    expect(result.text.endsWith('\n}\n')).toBe(false);
    // And stays one.
    await expect(chunks.next()).rejects.toEqual(error);
  });

  test('which onError is not told of, unlike of a family that is lost', async () => {
    const failures: ScrapeFailure[] = [];
    const onError = (failure: ScrapeFailure) => {
      failures.push(failure);
      throw new Error('onError failed');
    };
    const { error } = await readAll(chunksOf(sourceOf(failing(0), failing(1)), { onError }));
    expect(error).toMatchObject({ code: 'ERR_METRICS_CUT_DOCUMENT' });
    expect(failures).toEqual([{ phase: 'collect', family: 'failing', error: ERROR }]);
  });
});

describe('who leaves early', () => {
  test('by break, closes the source', async () => {
    const source = endless();
    for await (const _chunk of chunksOf(source)) break;
    await until(() => source.returned === 1);
    expect(source.scrape?.signal.aborted).toBe(true);
  });

  test('while the source hangs, does not wait for it', async () => {
    const signals: AbortSignal[] = [];
    const chunks = chunksOf({
      collect({ signal }) {
        signals.push(signal);
        return never();
      },
    });
    const next = chunks.next();
    await expect(chunks.return?.()).resolves.toEqual({ done: true, value: undefined });
    await expect(next).rejects.toMatchObject({ code: 'ERR_METRICS_CLIENT_GONE' });
    expect(signals[0]?.aborted).toBe(true);
    await expect(chunks.next()).resolves.toEqual({ done: true, value: undefined });
  });

  test('before the first chunk, never asks the source', async () => {
    const collect = jest.fn(() => [queueDepth]);
    const chunks = chunksOf({ collect });
    await chunks.return?.();
    expect(await chunks.next()).toEqual({ done: true, value: undefined });
    expect(collect).not.toHaveBeenCalled();
  });

  test('gives everything back, thirty times', async () => {
    const source = countedSource({
      length: 1e9,
      turnEvery: 100,
      sample: (n) => ({ labels: { id: `${n}`.repeat(9) }, value: n }),
    });
    for (let times = 0; times < 30; times++) for await (const _chunk of chunksOf(source)) break;
    await until(() => source.samples.open === 0 && source.families.open === 0);
    expect(source.samples.opened).toBe(30);
  });
});

describe('a signal', () => {
  const REASON = new Error('nobody waits any more');

  test('that has aborted already: the source is not asked', async () => {
    const collect = jest.fn(() => [queueDepth]);
    const chunks = chunksOf({ collect }, { signal: AbortSignal.abort(REASON) });
    await expect(chunks.next()).rejects.toBe(REASON);
    await expect(chunks.next()).rejects.toBe(REASON);
    expect(collect).not.toHaveBeenCalled();
  });

  test('that aborts while a chunk is awaited', async () => {
    const aborter = new AbortController();
    let told: AbortSignal | undefined;
    const chunks = chunksOf(
      {
        collect({ signal }) {
          told = signal;
          return never();
        },
      },
      { signal: aborter.signal },
    );
    const next = chunks.next();
    aborter.abort(REASON);
    await expect(next).rejects.toBe(REASON);
    expect(told?.reason).toBe(REASON);
  });

  test('that aborts between two chunks stops the source at once', async () => {
    const aborter = new AbortController();
    const source = endless();
    const chunks = chunksOf(source, { signal: aborter.signal });
    await chunks.next();
    aborter.abort(REASON);
    expect(source.scrape?.signal.reason).toBe(REASON);
    await until(() => source.returned === 1);
    await expect(chunks.next()).rejects.toBe(REASON);
  });

  test.each([
    ['the end', sourceOf(queueDepth), false],
    ['a failure', sourceOf(failing(0)), true],
  ])('is let go at %s', async (_case, source, fails) => {
    const { signal } = new AbortController();
    const added = jest.spyOn(signal, 'addEventListener');
    const removed = jest.spyOn(signal, 'removeEventListener');
    const { error } = await readAll(chunksOf(source, { signal }));
    expect(error !== undefined).toBe(fails);
    const [[, listener] = []] = added.mock.calls;
    expect(listener).toBeDefined();
    expect(removed).toHaveBeenCalledWith('abort', listener);
  });
});
