import { BATCH_SIZE, BATCHES, type BatchedSamples, type SampleBatches } from '../../encoders/batches.ts';
import { createHistogramRow, type HistogramRow } from '../../encoders/histogram-row.ts';
import type { LabelSet, Sample } from '../../model/metric-family.ts';

/** Upper bounds of a histogram, ascending, and their keys in `bucketValues`, in the order of the app. */
export interface Bounds {
  readonly values: readonly number[];
  readonly keys: readonly string[];
  /** The position of each key's bound, if the order is another one. */
  readonly positions?: readonly number[];
}

export interface Entry {
  readonly labels: LabelSet;
  readonly value?: number;
  /** Histograms only: counts by upper bound, not cumulative. */
  readonly bucketValues?: Readonly<Record<string, number>>;
  readonly sum?: number;
  readonly count?: number;
}

/** A store that is a map, of `@platformatic/prom-client` and `@prometheus-io/client`. */
export interface EntryStore {
  values(): Iterable<Entry>;
}

/** Entries of counters and gauges have the form of samples. */
export interface Entries extends Iterable<Entry> {
  [BATCHES](): EntryBatches;
}

interface EntryBatches {
  next(): readonly Entry[] | undefined;
  close(): void;
}

/** The entries of prom-client 14 and 15, an object with a key for each label set. */
export class HashMapEntries implements Entries {
  private readonly hashMap: Readonly<Record<string, Entry>>;

  constructor(hashMap: Readonly<Record<string, Entry>>) {
    this.hashMap = hashMap;
  }

  *[Symbol.iterator](): Iterator<Entry> {
    for (const key of Object.keys(this.hashMap)) {
      const entry = this.hashMap[key];
      if (entry !== undefined) yield entry;
    }
  }

  [BATCHES](): EntryBatches {
    const { hashMap } = this;
    // Object.values() takes twice as long on objects of this size. This is the one step that cannot be sliced.
    const keys = Object.keys(hashMap);
    let position = 0;
    return {
      next() {
        const batch: Entry[] = [];
        for (; position < keys.length && batch.length < BATCH_SIZE; position++) {
          // Undefined if the series was removed since the keys were read.
          const entry = hashMap[keys[position] as string];
          if (entry !== undefined) batch.push(entry);
        }
        return batch.length === 0 ? undefined : batch;
      },
      close() {
        position = keys.length;
      },
    };
  }
}

export class StoreEntries implements Entries {
  private readonly store: EntryStore;

  constructor(store: EntryStore) {
    this.store = store;
  }

  [Symbol.iterator](): Iterator<Entry> {
    return this.store.values()[Symbol.iterator]();
  }

  [BATCHES](): EntryBatches {
    const iterator = this[Symbol.iterator]();
    return {
      next() {
        const batch: Entry[] = [];
        while (batch.length < BATCH_SIZE) {
          const { done, value } = iterator.next();
          if (done) break;
          batch.push(value);
        }
        return batch.length === 0 ? undefined : batch;
      },
      close: () => iterator.return?.(),
    };
  }
}

/** Histograms, whose stored counts are not cumulative. */
export class StoredHistograms implements BatchedSamples {
  private readonly entries: Entries;
  private readonly bounds: Bounds;

  constructor(entries: Entries, bounds: Bounds) {
    this.entries = entries;
    this.bounds = bounds;
  }

  *[Symbol.iterator](): Iterator<Sample> {
    for (const entry of this.entries) yield fill(createHistogramRow(this.bounds.values), entry, this.bounds);
  }

  [BATCHES](): SampleBatches {
    const { bounds } = this;
    const entries = this.entries[BATCHES]();
    const rows: HistogramRow[] = [];
    return {
      next() {
        const batch = entries.next();
        if (batch === undefined) return undefined;
        while (rows.length < batch.length) rows.push(createHistogramRow(bounds.values));
        rows.length = batch.length;
        for (let i = 0; i < batch.length; i++) fill(rows[i] as HistogramRow, batch[i] as Entry, bounds);
        return rows;
      },
      close: entries.close,
    };
  }
}

function fill(
  row: HistogramRow,
  { labels, bucketValues = {}, sum, count }: Entry,
  { keys, positions }: Bounds,
): HistogramRow {
  const { value } = row;
  row.labels = labels;
  value.count = count ?? Number.NaN;
  value.sum = sum ?? Number.NaN;
  let total = 0;
  for (let i = 0; i < keys.length; i++) {
    total += bucketValues[keys[i] as string] ?? Number.NaN;
    value.cumulativeCounts[positions === undefined ? i : (positions[i] as number)] = total;
  }
  if (positions !== undefined) raise(value.cumulativeCounts);
  return row;
}

/** Makes counts a running maximum. */
function raise(counts: number[]): void {
  for (let i = 1; i < counts.length; i++) counts[i] = Math.max(counts[i] as number, counts[i - 1] as number);
}
