import { MetricsError } from '../model/errors.ts';
import { asyncFamilies, isAsync } from '../model/iterables.ts';
import type { LabelSet, MetricFamily, Sample } from '../model/metric-family.ts';
import type { MetricsSource } from '../model/metrics-source.ts';
import { labelKey } from '../reader/labels.ts';
import { seriesText } from '../reader/series-text.ts';
import { checkSource } from '../sources/check-source.ts';
import { withSamples } from '../sources/wrapped-family.ts';
import { assert, assertFamily, assertSample } from './contract.ts';

/**
 * Wraps a source in one that checks the contract of `MetricsSource`, `MetricFamily` and `Sample` while it is read. A
 * violation fails the scrape. It checks that:
 *
 * - names, types, labels and values are valid;
 * - no family and no label set occurs twice;
 * - each sample is a separate object, and a label object never changes;
 * - counters and counts do not decrease from one scrape to the next.
 *
 * Families that were not requested are allowed, as the reader drops them. For tests: it keeps the labels and values of
 * the last scrape in memory.
 *
 * @throws {MetricsError} (while it is collected) `ERR_METRICS_CONTRACT_VIOLATION`, which names the family, the label
 *   set and what was expected
 * @throws {TypeError} for a value that is not a source
 * @example
 * app.use(metricsRouter({ source: checkedSource(source), onError: ({ error }) => console.error(error) }));
 */
export function checkedSource(source: MetricsSource): MetricsSource {
  checkSource('checkedSource', source);
  const previous: PreviousScrapes = { labels: new WeakMap(), totals: new Map() };
  return {
    async *collect(scrape) {
      const names = new Set<string>();
      for await (const family of asyncFamilies(await source.collect(scrape))) {
        checkFamily(family, names);
        const checker = createSampleChecker(family, previous);
        yield withSamples(family, ({ samples }) => checkedSamples(samples, checker));
        // The reader may have taken a violation for the failure of this family only.
        checker.end();
      }
    },
  };
}

interface PreviousScrapes {
  /** Label objects, each with its contents as JSON when it was first given. */
  readonly labels: WeakMap<LabelSet, string>;
  /** Values that must not decrease, by family and label set. */
  readonly totals: Map<string, ReadonlyMap<string, number>>;
}

function checkFamily(family: MetricFamily, names: Set<string>): void {
  const name = String(family?.name);
  try {
    assert(typeof family === 'object' && family !== null, 'family', 'an object', family);
    assertFamily(family);
    assert(!names.has(name), 'name', 'each family once', name);
  } catch (error) {
    throw contractViolation(`family ${name}`, error);
  }
  names.add(name);
}

interface SampleChecker {
  check(sample: Sample): void;
  /** To be called after the last sample that is read. */
  end(): void;
}

function createSampleChecker(family: MetricFamily, previous: PreviousScrapes): SampleChecker {
  const totals = new Map<string, number>();
  const samples = new WeakSet<Sample>();
  let failure: MetricsError | undefined;

  function assertNext(sample: Sample): void {
    assert(typeof sample === 'object' && sample !== null, 'sample', 'an object', sample);
    assertSample(sample, family);
    assert(!samples.has(sample), 'sample', 'a separate object for each sample', sample);
    samples.add(sample);
    const { labels } = sample;
    assertUnchanged(labels, previous.labels);
    const key = labelKey(labels);
    assert(!totals.has(key), 'labels', 'each label set once', labels);
    const total = totalOf(sample, family);
    const before = previous.totals.get(family.name)?.get(key) ?? total;
    assert(!(total < before), 'value', `at least ${before}, as in the previous scrape`, total);
    totals.set(key, total);
  }

  return {
    check(sample) {
      try {
        assertNext(sample);
      } catch (error) {
        failure = contractViolation(seriesText(family.name, Object(sample?.labels)), error);
        throw failure;
      }
    },
    end() {
      if (failure !== undefined) throw failure;
      previous.totals.set(family.name, totals);
    },
  };
}

function assertUnchanged(labels: LabelSet, known: PreviousScrapes['labels']): void {
  const text = JSON.stringify(labels);
  const before = known.get(labels) ?? text;
  assert(before === text, 'labels', `an unchanged label object, ${before}`, labels);
  known.set(labels, text);
}

/** Returns the number that must not decrease; NaN, which compares with nothing, for gauges. */
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

function contractViolation(where: string, error: unknown): MetricsError {
  const message = `checkedSource: ${where}: ${(error as Error).message}`;
  return new MetricsError('ERR_METRICS_CONTRACT_VIOLATION', message, { cause: error });
}
