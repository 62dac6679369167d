import type { HistogramValue } from '../../lib/model/metric-family.ts';
import { parseOpenMetrics, parsePrometheusText } from '../../lib/parsers/prometheus-text.ts';
import { promClientSource } from '../../lib/sources/prom-client.ts';
import { collectAll } from '../support/collect.ts';
import { readWithReports } from '../support/parsed.ts';
import { LIBRARIES, load, serveRegistry } from '../support/prom-clients.ts';

describe.each(LIBRARIES)('a histogram of %s', (name) => {
  const { Registry, Histogram, Counter, Gauge } = load(name);

  /** Returns a registry with a histogram, whose series are read by `get()` alone if it is overridden. */
  function observed(buckets: number[], isOverridden = false) {
    const registry = new Registry();
    const histogram = new Histogram({ name: 'h', help: 'h', buckets, registers: [registry] });
    for (const value of [0.5, 1.5, 2.5, 4]) histogram.observe(value);
    const get = histogram.get.bind(histogram);
    if (isOverridden) Object.assign(histogram, { get: async () => get() });
    return registry;
  }

  test.each<[string, number[], bounds: number[]]>([
    ['unsorted', [3, 1, 2], [1, 2, 3]],
    ['repeated', [1, 1, 2, 3, 3], [1, 2, 3]],
    ['unsorted and repeated', [2, 3, 1, 2], [1, 2, 3]],
  ])('with %s buckets is served sorted, the same in each scrape', async (_, buckets, bounds) => {
    for (const isOverridden of [false, true]) {
      const source = promClientSource(observed(buckets, isOverridden));
      const values: HistogramValue[] = [];
      for (let scrape = 0; scrape < 3; scrape++) {
        const { families } = await collectAll(source);
        values.push(structuredClone(families[0]?.samples[0]?.value) as HistogramValue);
      }
      const [first] = values as [HistogramValue];
      expect(values).toEqual([first, first, first]);
      expect(first).toMatchObject({ count: 4, sum: 8.5, bounds });
      expect(first.cumulativeCounts).toEqual([...first.cumulativeCounts].sort((a, b) => a - b));
    }
  });

  test('with repeated buckets counts each observation once', async () => {
    const { families } = await collectAll(promClientSource(observed([1, 1, 2, 3, 3])));
    expect(families[0]?.samples[0]?.value).toMatchObject({ cumulativeCounts: [1, 2, 3] });
  });

  test.each([
    ['text/plain', parsePrometheusText],
    ['application/openmetrics-text', parseOpenMetrics],
  ])('with unsorted buckets needs no repair when its document is read again as %s', async (accept, createParse) => {
    const { get } = await serveRegistry(observed([3, 1, 2, 1]), { openMetrics: true });
    const { text } = await get('/metrics', { accept });
    const { families, repairs, drops } = await readWithReports(createParse(), text);
    expect(families).toMatchObject([{ name: 'h', type: 'histogram', samples: [{ value: { bounds: [1, 2, 3] } }] }]);
    expect([...repairs, ...drops]).toEqual([]);
  });

  test('and a counter x_total before a gauge x keep all their series in OpenMetrics', async () => {
    const registry = new Registry();
    const registers = [registry];
    new Counter({ name: 'x_total', help: 'h', registers }).inc(2);
    new Gauge({ name: 'x', help: 'h', registers }).set(3);
    const { get, failures } = await serveRegistry(registry, { openMetrics: true });
    const { text } = await get('/metrics', { accept: 'application/openmetrics-text' });
    expect(text).toBe('# TYPE x gauge\n# HELP x h\nx 3\n# TYPE x_total unknown\n# HELP x_total h\nx_total 2\n# EOF\n');
    expect(failures).toEqual([]);
  });
});
