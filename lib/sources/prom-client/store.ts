import { isDeepStrictEqual } from 'node:util';
import type { HistogramValue, LabelSet, MetricType, Sample } from '../../model/metric-family.ts';

/**
 * The series that a metric of prom-client keeps, which it shows nowhere: `get()` copies them all, and makes an
 * object for each bucket of each histogram, which costs several times what writing the document does.
 */
export interface PromClientInternals {
  readonly type?: MetricType;
  /** prom-client 14 and 15. */
  readonly hashMap?: Readonly<Record<string, Entry>>;
  /** `@platformatic/prom-client`, and `@prometheus-io/client` from 0.16. */
  readonly store?: { values(): Iterable<Entry>; entry?(labels: LabelSet): Entry | undefined };
  readonly upperBounds?: readonly number[];
  readonly enableExemplars?: boolean;
  get?(): unknown;
  /** What `@platformatic/prom-client` chooses its metrics' own `get` from. */
  _getSync?(): unknown;
  _getAsync?(): unknown;
}

interface Entry {
  readonly labels: LabelSet;
  readonly value?: number;
  /** Histograms only: counts by upper bound, not cumulative. */
  readonly bucketValues?: Readonly<Record<string, number>>;
  readonly sum?: number;
  readonly count?: number;
}

/** The stored series as samples, or undefined where the metric is not of the kind that is understood. */
export function storedSamples(metric: PromClientInternals): Iterable<Sample> | undefined {
  const { type, enableExemplars } = metric;
  if (enableExemplars || isOverridden(metric)) return undefined;
  const entries = storedEntries(metric);
  if (entries === undefined) return undefined;
  if (type === 'counter' || type === 'gauge') return entries as Iterable<Sample>;
  return type === 'histogram' && Array.isArray(metric.upperBounds)
    ? histograms(entries, metric.upperBounds)
    : undefined;
}

/** Whether the metric or a subclass overrides the library's `get()`, which may then return other values than are stored. */
function isOverridden(metric: PromClientInternals): boolean {
  let owner: object = metric;
  while (!Object.hasOwn(owner, 'get')) owner = Object.getPrototypeOf(owner);
  if ('get' in Object(Object.getPrototypeOf(owner))) return true;
  return owner === metric && metric.get !== metric._getSync && metric.get !== metric._getAsync;
}

function storedEntries({ hashMap, store }: PromClientInternals): Iterable<Entry> | undefined {
  if (typeof store?.values === 'function') return { [Symbol.iterator]: () => store.values()[Symbol.iterator]() };
  if (typeof hashMap !== 'object' || hashMap === null) return undefined;
  // Object.values() takes twice as long on objects of this size. This is the one step that cannot be sliced.
  const keys = Object.keys(hashMap);
  return {
    *[Symbol.iterator]() {
      for (const key of keys) {
        const entry = hashMap[key];
        if (entry !== undefined) yield entry;
      }
    },
  };
}

function histograms(entries: Iterable<Entry>, bounds: readonly number[]): Iterable<Sample> {
  const keys = bounds.map(String);
  return {
    *[Symbol.iterator]() {
      for (const { labels, bucketValues = {}, sum = Number.NaN, count = Number.NaN } of entries) {
        const cumulativeCounts = new Array<number>(keys.length);
        let total = 0;
        for (let i = 0; i < keys.length; i++) {
          total += bucketValues[keys[i] as string] ?? Number.NaN;
          cumulativeCounts[i] = total;
        }
        yield { labels, value: { count, sum, bounds, cumulativeCounts } satisfies HistogramValue };
      }
    },
  };
}

/** Whether there is a series without labels. With `understood`, its store is asked instead of reading all samples. */
export function hasUnlabelled(samples: Iterable<Sample>, understood?: PromClientInternals): boolean {
  const { hashMap, store } = understood ?? {};
  if (typeof store?.entry === 'function') return store.entry({}) !== undefined;
  if (store === undefined && hashMap !== undefined) return '' in hashMap;
  for (const { labels } of samples) if (Object.keys(labels).length === 0) return true;
  return false;
}

/** Whether both have the same number of series, and equal ones at about 100 compared positions. */
export function sampleSubsetMatches(samples: readonly Sample[], others: Iterable<Sample>): boolean {
  const step = Math.ceil(samples.length / 100);
  let i = 0;
  for (const other of others) {
    const sample = samples[i];
    if (sample === undefined) return false;
    if (i++ % step === 0 && !isDeepStrictEqual(plain(sample), plain(other))) return false;
  }
  return i === samples.length;
}

/** Whether a comparison is meaningful: series that are all zero are equal by chance. */
export const hasNonZeroValue = (samples: readonly Sample[]) =>
  samples.some(({ value }) => (typeof value === 'number' ? value : value.count) !== 0);

/** Without prototypes and classes, which differ between the two. */
const plain = ({ labels, value }: Sample) => [{ ...labels }, value];
