import { labelSetKey } from '../../model/labels.ts';
import type { LabelSet } from '../../model/metric-family.ts';
import type { SeriesRow } from './series-row.ts';

/** Rows by their labels. Where all series are new at each moment, most are found to be missing without a key. */
export class UnseenRows {
  private readonly rows: readonly SeriesRow[];
  private readonly fingerprints: ReadonlySet<number>;
  private byKey: Map<string, SeriesRow> | undefined;

  constructor(rows: readonly SeriesRow[]) {
    this.rows = rows;
    this.fingerprints = new Set(rows.map(({ labels }) => fingerprintOf(labels)));
  }

  /** Returns the row with these labels, once. */
  take(labels: LabelSet): SeriesRow | undefined {
    if (!this.fingerprints.has(fingerprintOf(labels))) return undefined;
    this.byKey ??= new Map(this.rows.map((row) => [labelSetKey(row.labels), row]));
    const key = labelSetKey(labels);
    const row = this.byKey.get(key);
    this.byKey.delete(key);
    return row;
  }
}

/** Returns a number that is equal for equal labels, whatever their order, and that usually differs for others. */
function fingerprintOf(labels: LabelSet): number {
  let sum = 0;
  for (const name in labels) {
    const value = String(labels[name]);
    let hash = name.length;
    for (let i = 0; i < value.length; i++) hash = (Math.imul(hash, 31) + value.charCodeAt(i)) | 0;
    sum = (sum + hash) | 0;
  }
  return sum;
}
