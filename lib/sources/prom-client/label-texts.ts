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
    return {
      [Symbol.iterator]: () => this.iterate(samples),
      [BATCHES]: () => this.readBatches(samples[BATCHES]() as SyncBatches),
    };
  }

  private *iterate(samples: Iterable<Sample>): Generator<Sample, void> {
    let position = 0;
    for (const sample of samples) yield this.convertAt(position++, sample);
    this.trim(position);
  }

  private readBatches(batches: SyncBatches): SampleBatches {
    let position = 0;
    return {
      next: () => {
        const batch = batches.next();
        if (batch === undefined) this.trim(position);
        else for (let i = 0; i < batch.length; i++) batch[i] = this.convertAt(position++, batch[i] as Sample);
        return batch;
      },
      close: () => batches.close(),
    };
  }

  private convertAt(position: number, sample: Sample): Sample {
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

  private trim(length: number): void {
    const { usual } = this;
    if (length >= usual.length) return;
    this.account.charge((length - usual.length) * POSITION_BYTES);
    usual.length = length;
  }
}

/** Batches in memory, in arrays of their own. */
interface SyncBatches extends SampleBatches {
  next(): Sample[] | undefined;
}
