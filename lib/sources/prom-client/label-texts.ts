import { BATCHES, type BatchedSamples, type SampleBatches } from '../../encoders/batches.ts';
import { setLabel } from '../../model/labels.ts';
import type { LabelSet, Sample } from '../../model/metric-family.ts';
import { openAccount } from '../../util/cache-budget.ts';

/** Size of an array element for one series, with the array's reserve. */
const POSITION_BYTES = 12;

/** Whether all values are of a type that any source may have. prom-client's metrics take any value. */
export function hasUsualValues(labels: LabelSet): boolean {
  for (const name in labels) {
    const type = typeof labels[name];
    if (type !== 'string' && type !== 'number' && type !== 'boolean') return false;
  }
  return true;
}

/** Returns the labels with the other values as texts: `undefined` is written as `"undefined"`, as by the client. */
export function withTexts(labels: LabelSet): LabelSet {
  if (hasUsualValues(labels)) return labels;
  const texts: Record<string, string> = {};
  for (const name of Object.keys(labels)) setLabel(texts, name, textOf(labels[name]));
  return texts;
}

/** Returns the sample with the values of its labels as texts. */
export function withLabelTexts(sample: Sample): Sample {
  const labels = withTexts(sample.labels);
  return labels === sample.labels ? sample : { ...sample, labels };
}

/** A value without a text, such as a symbol, stays as it is: the series is dropped and reported for it. */
function textOf(value: unknown): string {
  try {
    return `${value}`;
  } catch {
    return value as string;
  }
}

/**
 * Converts the label values of one metric's series from scrape to scrape. The label objects that were checked are
 * known by their position, as reading their values again would take longer.
 */
export class LabelTexts {
  private readonly usual: (LabelSet | undefined)[] = [];
  /** By label set, so that it is the same object in each scrape. */
  private readonly converted = new WeakMap<LabelSet, LabelSet>();
  private readonly account = openAccount(this);

  /** Returns the samples with converted label values. */
  convert(samples: BatchedSamples): BatchedSamples {
    return new ConvertedSamples(samples, this);
  }

  convertAt(position: number, sample: Sample): Sample {
    const { labels } = sample;
    if (this.usual[position] === labels) return sample;
    if (hasUsualValues(labels)) {
      this.keep(position, labels);
      return sample;
    }
    const known = this.converted.get(labels);
    const texts = known ?? withTexts(labels);
    if (known === undefined) this.converted.set(labels, texts);
    return { ...sample, labels: texts };
  }

  private keep(position: number, labels: LabelSet): void {
    const { usual } = this;
    if (position >= usual.length && !this.account.tryReserve((position + 1 - usual.length) * POSITION_BYTES)) return;
    // Converted label sets before this one get a position too: arrays with holes are slow.
    while (usual.length < position) usual.push(undefined);
    usual[position] = labels;
  }

  /** Forgets the label objects after the last sample. */
  trim(length: number): void {
    const { usual } = this;
    if (length >= usual.length) return;
    this.account.charge((length - usual.length) * POSITION_BYTES);
    usual.length = length;
  }
}

class ConvertedSamples implements BatchedSamples {
  private readonly samples: BatchedSamples;
  private readonly texts: LabelTexts;

  constructor(samples: BatchedSamples, texts: LabelTexts) {
    this.samples = samples;
    this.texts = texts;
  }

  *[Symbol.iterator](): Generator<Sample, void> {
    let position = 0;
    for (const sample of this.samples) yield this.texts.convertAt(position++, sample);
    this.texts.trim(position);
  }

  [BATCHES](): SampleBatches {
    return new ConvertedBatches(this.samples[BATCHES]() as SyncBatches, this.texts);
  }
}

class ConvertedBatches implements SampleBatches {
  private readonly batches: SyncBatches;
  private readonly texts: LabelTexts;
  private position = 0;

  constructor(batches: SyncBatches, texts: LabelTexts) {
    this.batches = batches;
    this.texts = texts;
  }

  next(): Sample[] | undefined {
    const { texts } = this;
    const batch = this.batches.next();
    if (batch === undefined) {
      texts.trim(this.position);
      return undefined;
    }
    for (let i = 0; i < batch.length; i++) {
      const sample = batch[i] as Sample;
      const converted = texts.convertAt(this.position++, sample);
      if (converted !== sample) batch[i] = converted;
    }
    return batch;
  }

  close(): void {
    this.batches.close();
  }
}

/** Batches in memory, in arrays of their own. */
interface SyncBatches extends SampleBatches {
  next(): Sample[] | undefined;
}
