import type { LabelSet, Sample } from '../model/metric-family.ts';
import { DistinctLabels } from './distinct-labels.ts';
import type { FamilyText } from './family-text.ts';
import type { FamilyLabels } from './label-set-cache.ts';
import { isLater } from './pending-sample.ts';
import { type SamplesContext, TextSamples } from './text-samples.ts';

const NONE: readonly Sample[] = [];
/** Length of a line by which the number of lines is estimated: what is kept of each is no larger. */
const LINE_LENGTH = 40;

/** Samples of a counter, a gauge or untyped series. */
export class SimpleSamples extends TextSamples {
  private readonly hasExemplars: boolean;
  /** The label sets that came, from the first one that is not known to differ from those before it. */
  private distinct: DistinctLabels | undefined;
  /** The samples from the first one with a time: a later one may replace each of them. */
  private held: Sample[] | undefined;
  /** Number of different label sets before those. */
  private heldFrom = 0;
  private readonly times: (number | undefined)[] = [];
  /** Number of different label sets. */
  private count = 0;
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
    if (this.isStreamed) samples.push(sample);
    else this.add(sample, time, samples);
  }

  protected override finish(): readonly Sample[] {
    if (this.repeated > 0) this.reportRepeated();
    else if (!this.isStreamed) this.labels.markDistinct();
    return this.held ?? NONE;
  }

  private add(sample: Sample, time: number | undefined, samples: Sample[]): void {
    if (time !== undefined && this.held === undefined) {
      this.held = [];
      this.heldFrom = this.count;
    }
    const { held, times } = this;
    const index = this.indexOfSame(sample.labels);
    if (index === undefined) {
      this.count++;
      (held ?? samples).push(sample);
      if (held !== undefined) times.push(time);
      return;
    }
    this.repeated++;
    const position = index - this.heldFrom;
    // One that was passed on is not replaced.
    if (held === undefined || position < 0 || !isLater(time, times[position])) return;
    held[position] = sample;
    times[position] = time;
  }

  /** Returns how many different label sets came before the same one, if that came. */
  private indexOfSame(labels: LabelSet): number | undefined {
    if (this.distinct === undefined && this.labels.isUnrepeated && this.labels.areKnown) return undefined;
    this.distinct ??= this.startComparing();
    return this.distinct.add(labels, this.lines.place);
  }

  /** Adds the label sets so far, with negative places. */
  private startComparing(): DistinctLabels {
    const { series } = this.shared;
    const known = this.labels.first(this.count);
    const distinct = new DistinctLabels(
      (place) =>
        place < 0 ? (known[-1 - place] as LabelSet) : series.readLabels(this.family.lineAt(place), this.labels),
      this.family.bytes / LINE_LENGTH,
    );
    for (let i = 0; i < known.length; i++) distinct.add(known[i] as LabelSet, -1 - i);
    return distinct;
  }

  private reportRepeated(): void {
    const rule = this.held === undefined ? 'the first' : 'the latest';
    const message = `${this.repeated} of its series came again, and ${rule} of each is served`;
    this.shared.context.onRepair({ family: this.family.name, kind: 'repeated', message });
  }
}
