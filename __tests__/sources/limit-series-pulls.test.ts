import { limitSeries, type MetricFamily, type Sample } from '../../lib/index.ts';
import { collectAll, scrape } from '../support/collect.ts';
import { sourceOf } from '../support/scrape-sources.ts';
import { watched, watchedAsync } from '../support/watched.ts';

const family = (name: string, samples: MetricFamily['samples']): MetricFamily => ({ name, type: 'gauge', samples });

describe.each([
  ['one by one', watched<Sample>],
  ['asynchronously', watchedAsync<Sample>],
])('samples that come %s', (_how, watch) => {
  const endless = () => watch((n) => ({ labels: { n: String(n) }, value: n }));
  const long = (length: number) => watch((n) => (n < length ? { labels: { n: String(n) }, value: n } : undefined));

  test('are counted without being kept, after the family was read', async () => {
    const samples = long(100_000);
    const pulled: number[] = [];
    for await (const it of await limitSeries(sourceOf(family('f', samples)), { perFamily: 10 }).collect(scrape())) {
      for await (const _sample of it.samples) pulled.push(samples.pulled);
    }
    expect(pulled).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 100_001]);
    expect(samples.closed).toBe(0);
  });

  test('are not pulled beyond the limit when nobody wants their number', async () => {
    const samples = endless();
    const wants = (name: string) => name !== 'metrics_series_over_limit';
    const source = limitSeries(sourceOf(family('f', samples)), { perFamily: 10 });
    expect((await collectAll(source, { wants })).families.map(({ name }) => name)).toEqual(['f']);
    expect([samples.pulled, samples.closed]).toEqual([10, 1]);
  });

  test('are not pulled any further when the scrape is over', async () => {
    const samples = endless();
    const aborter = new AbortController();
    const asked = collectAll(limitSeries(sourceOf(family('f', samples)), { perFamily: 10 }), {
      signal: aborter.signal,
    });
    await new Promise(setImmediate);
    aborter.abort(new Error('over'));
    await expect(asked).rejects.toThrow('over');
    const { pulled } = samples;
    await new Promise(setImmediate);
    expect([samples.pulled, samples.closed]).toEqual([pulled, 1]);
  });

  test('are closed by who leaves early', async () => {
    const samples = endless();
    for await (const it of await limitSeries(sourceOf(family('f', samples)), { perFamily: 10 }).collect(scrape())) {
      for await (const _sample of it.samples) break;
      break;
    }
    expect([samples.pulled, samples.closed]).toEqual([1, 1]);
  });

  test('give the event loop back while they are counted', async () => {
    const samples = endless();
    const aborter = new AbortController();
    setTimeout(() => aborter.abort(new Error('the timer fired')), 1);
    const asked = collectAll(limitSeries(sourceOf(family('f', samples)), { perFamily: 1 }), { signal: aborter.signal });
    await expect(asked).rejects.toThrow('the timer fired');
  });
});
