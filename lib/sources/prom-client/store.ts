import { isDeepStrictEqual } from 'node:util';
import type { BatchedSamples } from '../../encoders/batches.ts';
import type { LabelSet, MetricType, Sample } from '../../model/metric-family.ts';
import { areAscending } from '../../model/sort-buckets.ts';
import { isSameList } from '../../util/is-same-list.ts';
import {
  type Bounds,
  type Entries,
  type Entry,
  type EntryStore,
  HashMapEntries,
  StoredHistograms,
  StoreEntries,
} from './stored-samples.ts';

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

/** The stored series of one metric. */
export class Store {
  private readonly metric: PromClientInternals;
  private last: { readonly from: Stored; readonly samples: BatchedSamples } | undefined;
  private lastGet: { readonly get: unknown; readonly isOverridden: boolean } | undefined;

  constructor(metric: PromClientInternals) {
    this.metric = metric;
  }

  /** Whether the metric is of a kind that is understood. */
  isUnderstood(): boolean {
    const { type, enableExemplars, upperBounds, hashMap, store } = this.metric;
    if (enableExemplars || this.isOverridden()) return false;
    if (typeof store?.values !== 'function' && (typeof hashMap !== 'object' || hashMap === null)) return false;
    return type === 'counter' || type === 'gauge' || (type === 'histogram' && Array.isArray(upperBounds));
  }

  private isOverridden(): boolean {
    const { get } = this.metric;
    if (this.lastGet === undefined || this.lastGet.get !== get)
      this.lastGet = { get, isOverridden: isOverridden(this.metric) };
    return this.lastGet.isOverridden;
  }

  /** Returns the series of a metric that is understood as samples, the same object until the client replaces its store. */
  samples(): BatchedSamples {
    const { hashMap, store, upperBounds } = this.metric;
    if (this.last === undefined || !isSameList(this.last.from, [hashMap, store, upperBounds]))
      this.last = { from: [hashMap, store, upperBounds], samples: this.createSamples() };
    return this.last.samples;
  }

  private createSamples(): BatchedSamples {
    const { type, upperBounds = [] } = this.metric;
    const entries = this.entries();
    return type === 'histogram' ? new StoredHistograms(entries, boundsOf(upperBounds)) : (entries as BatchedSamples);
  }

  private entries(): Entries {
    const { hashMap = {}, store } = this.metric;
    return typeof store?.values === 'function' ? new StoreEntries(store as EntryStore) : new HashMapEntries(hashMap);
  }

  /** Whether there is a series without labels. */
  hasUnlabelled(): boolean {
    const { hashMap, store } = this.metric;
    if (typeof store?.entry === 'function') return isUnlabelled(store.entry({}));
    // The labels may be undefined instead.
    if (store === undefined && hashMap !== undefined) return isUnlabelled(hashMap['']);
    for (const entry of this.entries()) if (isUnlabelled(entry)) return true;
    return false;
  }

  /**
   * Whether the client's default labels replace own ones that are undefined or null. Those of the forks do, but for
   * histograms.
   */
  fillsEmptyLabels(): boolean {
    return this.metric.store !== undefined && this.metric.type !== 'histogram';
  }
}

/** The objects that a metric replaces, when it is reset for example. */
type Stored = readonly (object | undefined)[];

/** Returns the bounds but +Inf, sorted and each once. The client keeps them as the app wrote them. */
function boundsOf(upperBounds: readonly number[]): Bounds {
  const bounds = [...new Set(upperBounds)].filter((bound) => bound !== Number.POSITIVE_INFINITY);
  const keys = bounds.map(String);
  if (areAscending(bounds)) return { values: bounds, keys };
  const values = [...bounds].sort((a, b) => a - b);
  return { values, keys, positions: bounds.map((bound) => values.indexOf(bound)) };
}

const isUnlabelled = (entry: Entry | undefined) => entry !== undefined && Object.keys(entry.labels).length === 0;

/** Whether the metric or a subclass overrides the library's `get()`, which may then return other values than are stored. */
function isOverridden(metric: PromClientInternals): boolean {
  let owner: object = metric;
  while (!Object.hasOwn(owner, 'get')) owner = Object.getPrototypeOf(owner);
  if ('get' in Object(Object.getPrototypeOf(owner))) return true;
  return owner === metric && metric.get !== metric._getSync && metric.get !== metric._getAsync;
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
