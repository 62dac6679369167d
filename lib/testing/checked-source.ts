import { MetricsError } from '../model/errors.ts';
import { asyncFamilies, isAsync } from '../model/iterables.ts';
import type { LabelSet, MetricFamily, Sample } from '../model/metric-family.ts';
import type { MetricsSource } from '../model/metrics-source.ts';
import { checkSource } from '../sources/check-source.ts';
import { withSamples } from '../sources/wrapped-family.ts';
import { labelKey } from './labels.ts';
import { keepsFamily, keepsSample, must } from './promises.ts';
import { seriesText } from './series-text.ts';

/**
 * The source, with every promise of `MetricsSource`, `MetricFamily` and `Sample` checked as it is read: names, types,
 * labels and values are what they are to be; no family and no label set comes twice; each sample is an object of its
 * own, and no label object changes once it was given; counters and counts do not fall from scrape to scrape. A broken
 * one fails the scrape. A family that was not asked for is no breach: who scrapes drops it.
 *
 * For tests: it keeps the labels and values of the last scrape.
 *
 * @throws {MetricsError} (while it is collected) `ERR_METRICS_CONTRACT_VIOLATION`, which names family, label set and promise
 * @throws {TypeError} for what is no source
 * @example
 * app.use(metricsRouter({ source: checkedSource(source), onError: ({ error }) => console.error(error) }));
 */
export function checkedSource(source: MetricsSource): MetricsSource {
  checkSource('checkedSource', source);
  const memory: Memory = { labels: new WeakMap(), totals: new Map() };
  return {
    async *collect(scrape) {
      const names = new Set<string>();
      for await (const family of asyncFamilies(await source.collect(scrape))) {
        checkFamily(family, names);
        const check = sampleChecker(family, memory);
        yield withSamples(family, ({ samples }) => checkedSamples(samples, check));
        // Who has read the family may have taken a broken promise for the loss of the family alone.
        check.end();
      }
    },
  };
}

/** What is known of earlier scrapes. */
interface Memory {
  /** What was in a label object when it was given. */
  readonly labels: WeakMap<LabelSet, string>;
  /** What only goes up, by family and label set. */
  readonly totals: Map<string, ReadonlyMap<string, number>>;
}

function checkFamily(family: MetricFamily, names: Set<string>): void {
  const name = String(family?.name);
  try {
    must(typeof family === 'object' && family !== null, 'a family is to be an object');
    keepsFamily(family);
    must(!names.has(name), 'a family comes once in a scrape');
  } catch (error) {
    throw broken(`family ${name}`, error);
  }
  names.add(name);
}

interface SampleChecker {
  check(sample: Sample): void;
  /** To be called behind the last sample that is read. */
  end(): void;
}

function sampleChecker(family: MetricFamily, { labels: given, totals }: Memory): SampleChecker {
  const seen = new Map<string, number>();
  const objects = new WeakSet<Sample>();
  let failure: MetricsError | undefined;

  function keeps(sample: Sample): void {
    must(typeof sample === 'object' && sample !== null, 'a sample is to be an object');
    keepsSample(sample, family);
    must(!objects.has(sample), 'each sample is to be an object of its own');
    objects.add(sample);
    const { labels } = sample;
    const text = JSON.stringify(labels);
    must((given.get(labels) ?? text) === text, `a label object is not changed once it was given: ${given.get(labels)}`);
    given.set(labels, text);
    const key = labelKey(labels);
    must(!seen.has(key), 'no label set comes twice');
    const total = totalOf(sample, family);
    const before = totals.get(family.name)?.get(key) ?? total;
    must(!(total < before), `what is counted does not fall from scrape to scrape, as from ${before} to ${total}`);
    seen.set(key, total);
  }

  return {
    check(sample) {
      try {
        keeps(sample);
      } catch (error) {
        failure = broken(seriesText(family.name, Object(sample?.labels)), error);
        throw failure;
      }
    },
    end() {
      if (failure !== undefined) throw failure;
      totals.set(family.name, seen);
    },
  };
}

/** What only goes up; NaN is not comparable. */
function totalOf({ value }: Sample, { type }: MetricFamily): number {
  if (typeof value !== 'number') return value.count;
  return type === 'counter' ? value : Number.NaN;
}

function checkedSamples(samples: MetricFamily['samples'], { check }: SampleChecker): MetricFamily['samples'] {
  return isAsync(samples) ? eachAsync(samples, check) : each(samples, check);
}

function* each(samples: Iterable<Sample>, check: SampleChecker['check']): Generator<Sample, void> {
  for (const sample of samples) {
    check(sample);
    yield sample;
  }
}

async function* eachAsync(samples: AsyncIterable<Sample>, check: SampleChecker['check']): AsyncGenerator<Sample, void> {
  for await (const sample of samples) {
    check(sample);
    yield sample;
  }
}

function broken(where: string, error: unknown): MetricsError {
  return new MetricsError('ERR_METRICS_CONTRACT_VIOLATION', `checkedSource: ${where}: ${(error as Error).message}`, {
    cause: error,
  });
}
