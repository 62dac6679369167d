import { labelSetKey } from '../model/labels.ts';
import type { HistogramValue, LabelSet, Sample } from '../model/metric-family.ts';
import { PendingSample } from './pending-sample.ts';
import type { TextLines } from './text-lines.ts';
import type { SeriesReader } from './text-series.ts';
import type { SeriesRole } from './text-types.ts';

/** Maximum memory (bytes, estimated) of pending samples. */
const MAX_PENDING_BYTES = 16 * 2 ** 20;

/**
 * Assembles the histograms or summaries of a family from their series, in the order of their first lines.
 *
 * The series of a sample are usually adjacent, but the formats do not require it. A sample with all its parts is
 * complete when another label set follows. A sample without a sum, which is optional, stays pending until the family
 * ends or the pending samples exceed their memory limit.
 *
 * A histogram needs its +Inf bucket, and a summary its count. A part that comes too late is therefore an error, and
 * never another sample.
 */
export class SampleGroups {
  private readonly type: 'histogram' | 'summary';
  private readonly lines: TextLines;
  private readonly pending = new Map<string, PendingSample>();
  private pendingBytes = 0;
  private current: PendingSample | undefined;
  /** Bounds of the last histogram, which the next one usually shares. */
  private lastBounds: readonly number[] = [];

  constructor(type: 'histogram' | 'summary', lines: TextLines) {
    this.type = type;
    this.lines = lines;
  }

  /** Adds a series, and appends the samples that are complete to `samples`. */
  add(role: SeriesRole, series: SeriesReader, length: number, samples: Sample[]): void {
    const last = this.current;
    const pending = last?.labels === series.labels ? last : this.pendingSampleOf(series.labels);
    this.current = pending;
    pending.add(role, series);
    pending.bytes += length;
    this.pendingBytes += length;
    if (pending === last && this.pendingBytes <= MAX_PENDING_BYTES) return;
    for (const oldest of this.pending.values()) {
      const mayStay = oldest === pending || !oldest.isComplete;
      if (mayStay && this.pendingBytes <= MAX_PENDING_BYTES) return;
      samples.push(this.takeSample(oldest));
    }
  }

  /** Ends the family, and appends the pending samples to `samples`. */
  finish(samples: Sample[]): void {
    for (const pending of this.pending.values()) samples.push(this.takeSample(pending));
  }

  private pendingSampleOf(labels: LabelSet): PendingSample {
    const key = labelSetKey(labels);
    const known = this.pending.get(key);
    if (known !== undefined) return known;
    const pending = new PendingSample(this.type, labels, key, this.lines);
    this.pending.set(key, pending);
    this.pendingBytes += pending.bytes;
    return pending;
  }

  private takeSample(pending: PendingSample): Sample {
    this.pending.delete(pending.key);
    this.pendingBytes -= pending.bytes;
    if (pending === this.current) this.current = undefined;
    const value = pending.value(this.lastBounds);
    if (this.type === 'histogram') this.lastBounds = (value as HistogramValue).bounds;
    return { labels: pending.labels, value };
  }
}
