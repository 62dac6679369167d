import type { MetricFamily, Sample } from '../model/metric-family.ts';
import type { MetricsSource } from '../model/metrics-source.ts';
import { type Labels, labelKey, toLabelSet } from '../reader/labels.ts';
import { optionError, shown } from '../util/option-error.ts';

/** A source for tests. Its families are set by method calls. */
export interface MemorySource extends MetricsSource {
  /** Sets a whole family. */
  set(name: string, family: MemoryFamily): void;
  /** Sets one series of a gauge. @throws {TypeError} when the family has another type */
  gauge(name: string, value: number, labels?: Labels): void;
  /** Sets the total of one series of a counter. @throws {TypeError} when the family has another type */
  counter(name: string, value: number, labels?: Labels): void;
  /** Makes later scrapes fail with this error or, with a family's name, drop that family. */
  fail(error: unknown, familyName?: string): void;
  /** Ends all failures set by `fail`. */
  recover(): void;
  /** Removes all families, and ends all failures set by `fail`. */
  clear(): void;
}

/** A family without its name, as `set` takes it. */
export interface MemoryFamily extends Omit<MetricFamily, 'name' | 'samples'> {
  readonly samples: readonly Sample[];
}

/**
 * Creates a source for tests, without families.
 *
 * @example
 * const source = memorySource();
 * source.gauge('queue_depth', 3, { queue: 'a' });
 * source.set('latency_seconds', {
 *   type: 'histogram',
 *   samples: [{ labels: {}, value: { count: 2, sum: 0.3, bounds: [0.1, 1], cumulativeCounts: [1, 2] } }],
 * });
 * app.use(metricsRouter({ source }));
 */
export function memorySource(): MemorySource {
  const families = new Map<string, MemoryFamily>();
  /** Errors by the family's name; undefined is the whole scrape. */
  const failures = new Map<string | undefined, unknown>();

  function setSeries(type: 'counter' | 'gauge', name: string, value: number, labels: Labels): void {
    const family: MemoryFamily = families.get(name) ?? { type, samples: [] };
    if (family.type !== type) {
      const got = `${shown(name)}, which is a ${family.type}`;
      throw optionError('memorySource: name', name, { expected: `the name of a ${type}`, got, write: 'another name' });
    }
    const series = toLabelSet(labels);
    const at = family.samples.findIndex((sample) => labelKey(sample.labels) === labelKey(series));
    const samples = [...family.samples];
    // As the contract of sources asks, a series keeps its label object from scrape to scrape.
    if (at === -1) samples.push({ labels: series, value });
    else samples[at] = { labels: (samples[at] as Sample).labels, value };
    families.set(name, { ...family, samples });
  }

  return {
    set: (name, family) => void families.set(name, family),
    gauge: (name, value, labels = {}) => setSeries('gauge', name, value, labels),
    counter: (name, value, labels = {}) => setSeries('counter', name, value, labels),
    fail: (error, familyName) => void failures.set(familyName, error),
    recover: () => failures.clear(),
    clear() {
      families.clear();
      failures.clear();
    },
    collect({ wants, report }) {
      if (failures.has(undefined)) throw failures.get(undefined);
      for (const [name, error] of failures) if (name !== undefined && wants(name)) report(error, name);
      const wanted = [...families].filter(([name]) => wants(name) && !failures.has(name));
      return wanted.map(([name, { samples, ...rest }]) => ({
        ...rest,
        name,
        samples: samples.map((sample) => ({ ...sample })),
      }));
    },
  };
}
