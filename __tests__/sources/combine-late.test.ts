import { combineSources, type MetricFamily, type MetricsSource, type Sample } from '../../lib/index.ts';
import { connectRaw, serve, TERMINATOR } from '../support/clients.ts';
import { type Collected, collectAll, scrape } from '../support/collect.ts';
import { requestText } from '../support/raw-http.ts';
import {
  largeSample,
  never,
  QUEUE_DEPTH_TEXT,
  queueDepth,
  samplesThatHang,
  sourceOf,
} from '../support/scrape-sources.ts';

const gauge = (name: string, samples: MetricFamily['samples'] = []): MetricFamily => ({ name, type: 'gauge', samples });

const hangs: Record<string, MetricsSource['collect']> = {
  'collect() hangs': never,
  'its first family does not come': () => ({ [Symbol.asyncIterator]: () => ({ next: never }) }),
  'and neither does its return() settle': () => ({ [Symbol.asyncIterator]: () => ({ next: never, return: never }) }),
};
const late = (index: number) => ({
  phase: 'collect',
  error: expect.objectContaining({
    code: 'ERR_METRICS_SOURCE_TIMEOUT',
    message: `source[${index}] did not answer in time: its remaining families are missing`,
  }),
});

describe('over the router, a source that is late costs its own families', () => {
  test.each(Object.entries(hangs))('%s', async (_how, collect) => {
    let signal: AbortSignal | undefined;
    const hanging: MetricsSource = {
      collect(scrape) {
        signal = scrape.signal;
        return collect(scrape);
      },
    };
    const { get, failures } = await serve({ source: [hanging, sourceOf(queueDepth)], timeout: 1_000 });
    expect(await get('/metrics')).toMatchObject({ status: 200, text: QUEUE_DEPTH_TEXT });
    expect(failures).toEqual([late(0)]);
    expect(signal?.aborted).toBe(true);
  });

  test('a family that hangs before its first sample is left out, and so is the rest of the source', async () => {
    const hanging = sourceOf(gauge('lost', samplesThatHang(0)), gauge('missing'));
    const { get, failures } = await serve({ source: [hanging, sourceOf(queueDepth)], timeout: 1_000 });
    expect(await get('/metrics')).toMatchObject({ status: 200, text: QUEUE_DEPTH_TEXT });
    expect(failures).toEqual([late(0), { ...late(0), family: 'lost' }]);
  });

  test('a family that hangs once it was written cuts the document', async () => {
    const hanging = sourceOf(gauge('cut', samplesThatHang(100)));
    const { port, failures } = await serve({ source: [hanging, sourceOf(queueDepth)], timeout: 1_000 });
    const client = connectRaw(port, requestText({ target: '/metrics' }));
    client.read();
    await client.closed;
    expect(client.received()).not.toMatch(TERMINATOR);
    expect(failures).toMatchObject([late(0), { error: { code: 'ERR_METRICS_CUT_DOCUMENT' } }]);
  });

  test.each([false, true])('all are late: 503, with join: %p', async (join) => {
    const source = combineSources([{ collect: never }, { collect: never }], { join });
    const { get, failures } = await serve({ source, timeout: 1_000 });
    expect((await get('/metrics')).status).toBe(503);
    expect(failures).toHaveLength(3);
    for (const { error } of failures) expect(error).toMatchObject({ code: 'ERR_METRICS_SOURCE_TIMEOUT' });
  });

  test('one is late and the other fails: 500', async () => {
    const source = [{ collect: never }, { collect: () => Promise.reject(new Error('lost')) }];
    const { get } = await serve({ source, timeout: 1_000 });
    expect((await get('/metrics')).status).toBe(500);
  });
});

describe('by the clock', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const later = <T>(ms: number, value: T) => new Promise<T>((resolve) => setTimeout(resolve, ms, value));

  /** Families that come so many ms after they are asked for. */
  const timed = (...families: [ms: number, family: MetricFamily][]): MetricsSource => ({
    async *collect() {
      for (const [ms, family] of families) yield later(ms, family);
    },
  });

  async function collected(source: MetricsSource, timeout?: number): Promise<Collected & { took: number }> {
    const startedAt = performance.now();
    let took: number | undefined;
    const all = collectAll(source, timeout === undefined ? {} : { timeout }).finally(() => {
      took = performance.now() - startedAt;
    });
    all.catch(() => undefined);
    while (took === undefined) await jest.advanceTimersByTimeAsync(10);
    return { ...(await all), took };
  }
  const namesOf = ({ families }: Collected) => families.map(({ name }) => name);

  test('a source may use up 80 % of the time of a scrape', async () => {
    const sources = [timed([7_900, gauge('a')]), sourceOf(gauge('b'))];
    expect(namesOf(await collected(combineSources(sources)))).toEqual(['a', 'b']);
    const slower = [timed([8_100, gauge('a')]), sourceOf(gauge('b'))];
    expect(namesOf(await collected(combineSources(slower)))).toEqual(['b']);
  });

  test('or as much as the option timeout says, in all', async () => {
    const sources = () => [
      timed([60, gauge('a')], [60, gauge('b')], [60, gauge('c')], [60, gauge('d')]),
      sourceOf(gauge('last')),
    ];
    const { families, reports } = await collected(combineSources(sources(), { timeout: 200 }));
    expect(families.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'last']);
    expect(reports).toEqual(['scrape: sources[0] did not answer in time: its remaining families are missing']);
    expect(namesOf(await collected(combineSources(sources(), { timeout: 250 })))).toHaveLength(5);
  });

  test('a long timeout does not use up what the scrape has', async () => {
    const sources = [timed([900, gauge('a')]), sourceOf(gauge('b'))];
    const { families, took } = await collected(combineSources(sources, { timeout: 60_000 }), 1_000);
    expect(families.map(({ name }) => name)).toEqual(['b']);
    expect(took).toBeLessThan(900);
  });

  test('many that hang are given up together', async () => {
    const hanging = Array.from({ length: 20 }, () => ({ collect: never }));
    const source = combineSources([...hanging, sourceOf(gauge('b'))], { timeout: 2_000 });
    const { families, reports, took } = await collected(source);
    expect(families.map(({ name }) => name)).toEqual(['b']);
    expect(reports).toHaveLength(20);
    expect(took).toBeLessThan(2_100);
  });

  test('those that hang one after the other leave time for the next one', async () => {
    const hanging = ['a', 'b', 'c'].map((name) => timed([0, gauge(name)], [60_000, gauge('late')]));
    const { families, reports, took } = await collected(
      combineSources([...hanging, timed([0, gauge('d')], [10, gauge('e')])]),
    );
    expect(families.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(reports).toHaveLength(3);
    expect(took).toBeLessThan(10_000);
  });

  test('samples count as families do', async () => {
    async function* samples(): AsyncGenerator<Sample> {
      for (let n = 0; n < 3; n++) yield later(90, largeSample(n));
    }
    const source = combineSources([sourceOf(gauge('a', samples()))], { timeout: 200 });
    await expect(collected(source)).rejects.toThrow('sources[0] did not answer in time');
    const patient = combineSources([sourceOf(gauge('a', samples()))], { timeout: 300 });
    expect((await collected(patient)).families[0]?.samples).toHaveLength(3);
  });

  test('a source that comes while others are waited for has lost nothing', async () => {
    const sources = [timed([3_000, gauge('a')]), timed([2_500, gauge('b')])];
    expect(namesOf(await collected(combineSources(sources, { timeout: 3_100 })))).toEqual(['a', 'b']);
  });

  test('time that nobody waits is nobody’s', async () => {
    const source = combineSources([timed([100, gauge('a')], [50, gauge('b')])], { timeout: 200 });
    const families = source.collect(scrape()) as AsyncGenerator<MetricFamily>;
    const next = async () => {
      const found = families.next();
      await jest.advanceTimersByTimeAsync(110);
      return (await found).value?.name;
    };
    expect(await next()).toBe('a');
    await jest.advanceTimersByTimeAsync(60_000);
    expect(await next()).toBe('b');
    expect(await next()).toBeUndefined();
    expect(jest.getTimerCount()).toBe(0);
  });

  test('a source is told how long it may keep the others waiting', async () => {
    const told: number[] = [];
    const source: MetricsSource = {
      collect({ timeout }) {
        told.push(timeout);
        return [];
      },
    };
    await collected(combineSources([source]), 1_000);
    await collected(combineSources([source], { timeout: 300 }), 1_000);
    await collected(combineSources([source], { timeout: 3_000 }), 1_000);
    expect(told).toEqual([800, 300, 800]);
  });
});
