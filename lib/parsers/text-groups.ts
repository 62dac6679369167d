import { MetricsError } from '../model/errors.ts';
import { seriesLabelsKey } from '../model/labels.ts';
import type { HistogramValue, LabelSet, Sample } from '../model/metric-family.ts';
import { yieldToEventLoop } from '../util/event-loop.ts';
import type { FamilyText } from './family-text.ts';
import type { FamilyLabels } from './label-set-cache.ts';
import { PendingHistogram } from './pending-histogram.ts';
import type { PendingSample } from './pending-sample.ts';
import { PendingSummary } from './pending-summary.ts';
import { type SamplesContext, TextSamples } from './text-samples.ts';
import type { KeyLabel } from './text-series.ts';
import type { SeriesRole, TextType } from './text-types.ts';

/** Maximum memory (bytes, estimated) of pending samples of a family that is streamed. */
const MAX_PENDING_BYTES = 16 * 2 ** 20;
/** Number of lines after which the event loop may get a turn. */
const LINES_PER_SLICE = 256;

/** Why a series or a sample does not fit the type of its family. */
export interface Misfit {
  readonly line: number;
  readonly reason: string;
}

/**
 * Assembles the histograms or summaries of a family from their series, in the order of their first lines.
 *
 * The series of a sample are usually adjacent: a sample with all its parts is complete when another label set follows.
 * The formats do not require that. If a part comes later, or if buckets are not sorted, a buffered family is read again,
 * with all samples pending until its end. A streamed family cannot be read again. When its pending samples exceed their
 * memory limit, those that lack only a sum, which is optional, are complete. Parts that come later are another sample.
 */
export class SampleGroups extends TextSamples {
  private readonly isHistogram: boolean;
  private readonly keyLabel: KeyLabel;
  private readonly roles: ReadonlyMap<string, SeriesRole>;
  private pending = new Set<PendingSample>();
  /**
   * The samples by their label sets, and null for those that were complete; undefined while the label sets are known
   * to differ.
   */
  private byKey: Map<string, PendingSample | null> | undefined;
  /** Number of samples. */
  private count = 0;
  /** Whether a label set came again after another one. */
  private hasReturned = false;
  private pendingBytes = 0;
  private current: PendingSample | undefined;
  /** Whether samples stay pending until the end. */
  private isHeld = false;
  private isScattered = false;
  /** The first misfit. */
  private misfit: Misfit | undefined;
  private lastName = '';
  private lastRole: SeriesRole = 'misplaced';
  private dropped = 0;
  /** Bounds of the last histogram, which the next one usually shares. */
  private lastBounds: readonly number[] = [];
  private repaired: { readonly line: number; count: number } | undefined;

  constructor(family: FamilyText, labels: FamilyLabels, shared: SamplesContext, type: TextType) {
    super(family, labels, shared);
    this.isHistogram = type.type === 'histogram';
    this.keyLabel = this.isHistogram ? 'le' : 'quantile';
    const { name } = family;
    this.roles = new Map(Object.entries(type.series).map(([suffix, role]) => [name + suffix, role]));
  }

  /** Reads all samples of a buffered family. Returns the reason if its series must become separate families. */
  async readAll(): Promise<Sample[] | Misfit> {
    for (;;) {
      const samples: Sample[] = [];
      await this.readLines(samples);
      if (this.misfit === undefined && !this.isScattered) return samples;
      this.shared.onDiscard();
      if (this.misfit !== undefined) return this.misfit;
      this.labels.restart();
      this.pending = new Set();
      this.byKey = undefined;
      this.count = 0;
      this.current = undefined;
      this.repaired = undefined;
      this.isScattered = false;
      this.isHeld = true;
    }
  }

  private async readLines(samples: Sample[]): Promise<void> {
    const lines = this.start();
    let count = 0;
    for (let line = lines.next(); line !== undefined; line = lines.next()) {
      this.read(line, samples);
      if (this.misfit !== undefined || this.isScattered) return;
      if (++count % LINES_PER_SLICE !== 0) continue;
      this.shared.countSeries();
      const turn = yieldToEventLoop();
      if (turn !== undefined) await turn;
    }
    this.shared.countSeries();
    for (const sample of this.finish()) samples.push(sample);
  }

  protected override read(line: string, samples: Sample[]): void {
    const { series } = this.shared;
    const name = series.readName(line);
    if (name !== this.lastName) {
      this.lastName = name;
      this.lastRole = this.roles.get(name) as SeriesRole;
    }
    const role = this.lastRole;
    series.readRest(this.labels, role === 'bucket' || role === 'quantile' ? this.keyLabel : undefined);
    const last = this.current;
    const pending = last?.labels === series.labels ? last : this.pendingSampleOf(series.labels);
    this.current = pending;
    const reason = pending.add(role, series);
    if (reason !== undefined) this.onMisfit(pending, this.lines.number, reason);
    this.isScattered ||= !this.isHeld && !pending.isSorted;
    pending.bytes += line.length;
    this.pendingBytes += line.length;
    if (!this.isHeld && (pending !== last || this.pendingBytes > MAX_PENDING_BYTES))
      this.takeComplete(pending, samples);
  }

  protected override finish(): readonly Sample[] {
    const samples: Sample[] = [];
    for (const pending of this.pending) this.takeSample(pending, samples);
    if (!this.hasReturned && this.misfit === undefined) this.labels.markDistinct();
    if (this.isStreamed && this.misfit !== undefined) this.reportDropped(this.misfit);
    if (this.repaired !== undefined && (this.isStreamed || this.misfit === undefined))
      this.reportRepaired(this.repaired);
    return samples;
  }

  private reportRepaired({ line, count }: { readonly line: number; readonly count: number }): void {
    const { name, type } = this.family;
    const others = count === 1 ? '' : ` and ${count - 1} more`;
    const message = `line ${line}: the ${type?.word} that begins here${others} had to be repaired`;
    this.shared.context.onRepair({ family: name, kind: 'histogram', message });
  }

  private takeComplete(current: PendingSample, samples: Sample[]): void {
    for (const oldest of this.pending) {
      const mayStay = oldest === current || !oldest.isComplete;
      if (mayStay && (!this.isStreamed || this.pendingBytes <= MAX_PENDING_BYTES)) return;
      this.takeSample(oldest, samples);
      this.pending.delete(oldest);
      this.byKey?.set(seriesLabelsKey(oldest.labels), null);
    }
  }

  private pendingSampleOf(labels: LabelSet): PendingSample {
    if (this.byKey === undefined && this.labels.areKnown) return this.createPending(labels);
    const key = seriesLabelsKey(labels);
    this.byKey ??= this.keysOf(this.labels.first(this.count));
    const known = this.byKey.get(key);
    if (known !== undefined) this.hasReturned = true;
    if (known) return known;
    this.isScattered ||= known === null && !this.isStreamed;
    const pending = this.createPending(labels);
    this.byKey.set(key, pending);
    return pending;
  }

  private createPending(labels: LabelSet): PendingSample {
    const { number } = this.lines;
    const pending = this.isHistogram
      ? new PendingHistogram(labels, number, this.isHeld)
      : new PendingSummary(labels, number);
    this.count++;
    this.pending.add(pending);
    this.pendingBytes += pending.bytes;
    return pending;
  }

  private keysOf(labelSets: readonly LabelSet[]): Map<string, PendingSample | null> {
    const keys = new Map<string, PendingSample | null>();
    for (const labels of labelSets) keys.set(seriesLabelsKey(labels), null);
    for (const pending of this.pending) keys.set(seriesLabelsKey(pending.labels), pending);
    return keys;
  }

  private takeSample(pending: PendingSample, samples: Sample[]): void {
    this.pendingBytes -= pending.bytes;
    if (pending === this.current) this.current = undefined;
    const assembled = pending.isMisfit ? '' : pending.assemble(this.lastBounds);
    if (typeof assembled === 'string') {
      this.dropped++;
      this.onMisfit(pending, pending.line, assembled);
      return;
    }
    const { value, isRepaired } = assembled;
    if (this.isHistogram) this.lastBounds = (value as HistogramValue).bounds;
    if (isRepaired) {
      this.repaired ??= { line: pending.line, count: 0 };
      this.repaired.count++;
    }
    samples.push({ labels: pending.labels, value });
  }

  private onMisfit(pending: PendingSample, line: number, reason: string): void {
    this.misfit ??= { line, reason };
    pending.isMisfit = true;
  }

  /** Reports misfits of a family whose first samples were passed on already, so that it cannot change. */
  private reportDropped({ line, reason }: Misfit): void {
    const message = `line ${line}: ${reason}; ${this.dropped} of the samples were dropped, since the family is large`;
    this.shared.context.onDropped(new MetricsError('ERR_METRICS_INVALID_SAMPLE', message), this.family.name);
  }
}
