import { isAsync, isReiterable } from '../../model/iterables.ts';
import type { MetricFamily, Sample } from '../../model/metric-family.ts';
import type { ActiveSeries, Pass, SeriesActivity } from './series-activity.ts';

/** Reads one family in one scrape: once or, to determine its shape in JSON, twice. Several passes may overlap. */
export class ScrapePass implements Pass {
  readonly number: number;
  readonly startedAt = performance.now();
  length: number | undefined;
  sameObjects = 0;
  otherObjects = 0;
  private readonly activity: SeriesActivity;
  private readonly idleFor: number;
  /** Series that the first reading left out. The second one does too, even if they have changed in between. */
  private hidden: Set<ActiveSeries> | undefined;

  constructor(activity: SeriesActivity, idleFor: number) {
    this.activity = activity;
    this.number = activity.nextPass();
    this.idleFor = idleFor;
  }

  activeSamples({ samples, labelNames }: MetricFamily): MetricFamily['samples'] {
    if (isAsync(samples)) return this.filterAsync(samples);
    if (!isReiterable(samples)) return this.filter(samples);
    // Samples are read twice only if the shape is not declared.
    if (labelNames === undefined) this.hidden = new Set();
    return { [Symbol.iterator]: () => this.filter(samples) };
  }

  private *filter(samples: Iterable<Sample>): Generator<Sample, void> {
    let position = 0;
    for (const sample of samples) {
      const series = this.record(sample, position);
      if (series !== undefined) position++;
      if (this.isActive(series)) yield sample;
    }
    this.length = position;
  }

  private async *filterAsync(samples: AsyncIterable<Sample>): AsyncGenerator<Sample, void> {
    let position = 0;
    for await (const sample of samples) {
      const series = this.record(sample, position);
      if (series !== undefined) position++;
      if (this.isActive(series)) yield sample;
    }
    this.length = position;
  }

  private record(sample: Sample, position: number): ActiveSeries | undefined {
    try {
      return this.activity.record(sample, position, this);
    } catch {
      // The encoder gets the same error and reports it.
      return undefined;
    }
  }

  private isActive(series: ActiveSeries | undefined): boolean {
    if (series === undefined) return true;
    if (this.startedAt - series.changedAt < this.idleFor && !this.hidden?.has(series)) return true;
    this.hidden?.add(series);
    return false;
  }
}
