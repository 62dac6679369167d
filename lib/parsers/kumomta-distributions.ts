import { MetricsError } from '../model/errors.ts';
import type { HistogramValue, MetricFamily, Sample } from '../model/metric-family.ts';
import type { ParsedFamily, ParsedSamples } from '../model/parser.ts';
import { isDistribution, keyLabelOf, seriesFamilies, seriesNames } from '../model/series-families.ts';
import { estimateBytes } from './infer-label-names.ts';
import type { ReadContext } from './json-labels.ts';
import type { SampleStream } from './kumomta-stream.ts';
import { isFractional, type ValueFaults } from './kumomta-values.ts';
import { ReadSamples } from './text-samples.ts';

/**
 * Yields a family or, if it is a histogram or summary with a fractional count, its series as untyped families. It is
 * buffered for this up to `maxJoinBytes`. Of a larger one, samples with a fractional count that come later are dropped
 * and reported.
 */
export async function* splitFractional(
  family: Omit<MetricFamily, 'samples'>,
  stream: SampleStream,
  { meter }: ReadContext,
  faults: ValueFaults,
): AsyncGenerator<ParsedFamily, void> {
  const isWanted = [family.name, ...seriesNames(family)].some((name) => meter.wants(name));
  if (!isDistribution(family) || !isWanted) {
    yield { ...family, samples: stream };
    return;
  }
  const { written } = faults;
  const batches = stream.batches();
  const read: Sample[] = [];
  let bytes = 0;
  let isWhole = false;
  while (!isWhole && bytes < meter.maxJoinBytes) {
    const next = await batches.next();
    isWhole = next.done === true;
    for (const sample of next.value ?? []) {
      read.push(sample);
      bytes += estimateBytes(sample) * (written.has(sample.value as HistogramValue) ? 2 : 1);
    }
  }
  const { fractional } = faults;
  if (!isWhole) {
    const samples = new WholeSamples(read, batches);
    yield { ...family, samples };
    samples.reportDropped(family.name, meter);
    reportRepaired(family.name, meter, faults);
  } else if (fractional === undefined) {
    reportRepaired(family.name, meter, faults);
    yield { ...family, samples: new ReadSamples(read) };
  } else {
    const message = `byte ${fractional}: expected whole counts, got others, so its series are served as untyped`;
    meter.onRepair({ family: family.name, kind: 'untyped', message });
    const splittable = withoutKeyLabel(family, read, meter).map(({ labels, value }) => {
      return { labels, value: written.get(value as HistogramValue) ?? value };
    });
    for (const { samples, ...described } of seriesFamilies(family, splittable, () => undefined))
      yield { ...described, samples: new ReadSamples([...samples]) };
  }
}

function reportRepaired(family: string, meter: ReadContext['meter'], { repaired }: ValueFaults): void {
  if (repaired === undefined) return;
  const message = `byte ${repaired}: the histogram that begins here had to be repaired`;
  meter.onRepair({ family, kind: 'histogram', message });
}

/** Drops and reports samples that have the label of buckets or quantiles, which their series would have twice. */
function withoutKeyLabel(
  family: Omit<MetricFamily, 'samples'>,
  samples: readonly Sample[],
  meter: ReadContext['meter'],
): readonly Sample[] {
  const keyLabel = keyLabelOf(family);
  const kept = samples.filter(({ labels }) => !Object.hasOwn(labels, keyLabel));
  const dropped = samples.length - kept.length;
  if (dropped > 0) {
    const reason = `expected samples without the label ${keyLabel}; ${dropped} with it were dropped`;
    const message = `family "${family.name}": ${reason}`;
    meter.onDropped(new MetricsError('ERR_METRICS_INVALID_SAMPLE', message), family.name);
  }
  return kept;
}

/** Samples with whole counts, of a family that is larger than the buffer. */
class WholeSamples implements ParsedSamples {
  private readonly read: readonly Sample[];
  private readonly rest: AsyncGenerator<readonly Sample[], void>;
  private dropped = 0;

  constructor(read: readonly Sample[], rest: AsyncGenerator<readonly Sample[], void>) {
    this.read = read;
    this.rest = rest;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Sample, void> {
    for await (const batch of this.batches()) yield* batch;
  }

  async *batches(): AsyncGenerator<readonly Sample[], void> {
    yield* new ReadSamples(this.whole(this.read)).batches();
    for await (const batch of this.rest) yield this.whole(batch);
  }

  reportDropped(name: string, meter: ReadContext['meter']): void {
    if (this.dropped === 0) return;
    const reason = `expected whole counts; ${this.dropped} samples with others were dropped, since the family is large`;
    meter.onDropped(new MetricsError('ERR_METRICS_INVALID_SAMPLE', `family "${name}": ${reason}`), name);
  }

  private whole(batch: readonly Sample[]): readonly Sample[] {
    const whole = batch.filter(({ value }) => !isFractional(value));
    this.dropped += batch.length - whole.length;
    return whole;
  }
}
