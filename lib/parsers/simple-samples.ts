import type { LabelSet, Sample } from '../model/metric-family.ts';
import { DistinctLabels } from './distinct-labels.ts';
import type { FamilyText } from './family-text.ts';
import type { FamilyLabels } from './label-set-cache.ts';
import { isLater } from './pending-sample.ts';
import { type SamplesContext, TextSamples } from './text-samples.ts';

const NONE: readonly Sample[] = [];

/** Samples of a counter, a gauge or untyped series. */
export class SimpleSamples extends TextSamples {
  private readonly hasExemplars: boolean;
  /** The label sets that came, from the first one that is not known to differ from those before it. */
  private distinct: DistinctLabels | undefined;
  /** The samples from the first one with a time: a later one may replace each of them. */
  private held: Sample[] | undefined;
  private readonly times: (number | undefined)[] = [];
  /** Number of samples that were passed on without comparing their label sets. */
  private passed = 0;
  private repeated = 0;
  private lastLabels: LabelSet | undefined;

  constructor(family: FamilyText, labels: FamilyLabels, shared: SamplesContext) {
    super(family, labels, shared);
    this.hasExemplars = family.type?.type === 'counter';
  }

  protected override read(line: string, samples: Sample[]): void {
    const { series } = this.shared;
    series.readName(line);
    series.readRest(this.labels, undefined);
    const { labels, value, exemplar, time } = series;
    // Of a family that is larger than the buffer, each label set is compared with the last one only.
    if (this.isStreamed && labels === this.lastLabels) {
      this.repeated++;
      return;
    }
    this.lastLabels = labels;
    const sample = this.hasExemplars && exemplar !== undefined ? { labels, value, exemplar } : { labels, value };
    if (
      this.isStreamed ||
      (time === undefined && this.distinct === undefined && this.labels.isUnrepeated && this.labels.areKnown)
    ) {
      this.passed++;
      samples.push(sample);
    } else this.addCompared(sample, time, samples);
  }

  protected override finish(): readonly Sample[] {
    if (this.repeated > 0) this.reportRepeated();
    else if (!this.isStreamed) this.labels.markDistinct();
    return this.held ?? NONE;
  }

  private addCompared(sample: Sample, time: number | undefined, samples: Sample[]): void {
    if (time !== undefined) this.held ??= [];
    const { held, times } = this;
    this.distinct ??= new DistinctLabels(this.labels.first(this.passed));
    // Of samples that are passed on at once, none is replaced, and the position does not matter.
    const position = this.distinct.add(sample.labels, held?.length ?? -1);
    if (position === undefined) {
      (held ?? samples).push(sample);
      if (held !== undefined) times.push(time);
      return;
    }
    this.repeated++;
    if (held === undefined || position === -1 || !isLater(time, times[position])) return;
    held[position] = sample;
    times[position] = time;
  }

  private reportRepeated(): void {
    const rule = this.held === undefined ? 'the first' : 'the latest';
    const message = `${this.repeated} of its series came again, and ${rule} of each is served`;
    this.shared.context.onRepair({ family: this.family.name, kind: 'repeated', message });
  }
}
