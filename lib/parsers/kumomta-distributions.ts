import type { HistogramValue, MetricFamily, MetricType, Sample, SummaryValue } from '../model/metric-family.ts';
import type { ParsedFamily, ParsedSamples } from '../model/parser.ts';
import { isDistribution, keyLabelOf, seriesFamilies, seriesNames } from '../model/series-families.ts';
import { estimateBytes } from './infer-label-names.ts';
import type { ReadContext } from './json-labels.ts';
import type { FamilyFaults } from './kumomta-faults.ts';
import type { SampleStream } from './kumomta-stream.ts';
import { ReadSamples } from './text-samples.ts';

/**
 * Yields a family or, if it is a histogram or summary with a sample that fits no repair, its series as untyped families.
 * It is buffered for this up to `maxJoinBytes`. Of a larger one, those samples are dropped and reported.
 */
export async function* splitMisfit(
  family: Omit<MetricFamily, 'samples'>,
  stream: SampleStream,
  { meter }: ReadContext,
  faults: FamilyFaults,
): AsyncGenerator<ParsedFamily, void> {
  const isWanted = [family.name, ...seriesNames(family)].some((name) => meter.wants(name));
  if (!isDistribution(family) || !isWanted) {
    yield { ...family, samples: stream };
    return;
  }
  const batches = stream.batches();
  const read: Sample[] = [];
  let bytes = 0;
  let isWhole = false;
  while (!isWhole && bytes < meter.maxJoinBytes) {
    const next = await batches.next();
    isWhole = next.done === true;
    for (const sample of next.value ?? []) {
      read.push(sample);
      bytes += estimateBytes(sample) * (faultOf(sample, faults) === undefined ? 1 : 2);
    }
  }
  const misfit = read.map((sample) => faultOf(sample, faults)).find((fault) => fault?.reason !== undefined);
  if (!isWhole || misfit === undefined) {
    yield { ...family, samples: new FittingSamples(family.type, read, batches, faults) };
    return;
  }
  faults.repair('untyped', `byte ${misfit.position}: ${misfit.reason}, so its series are served as untyped`);
  const splittable = withoutKeyLabel(family, read, faults).map((sample) => {
    const { written = sample.value, repeated = 0 } = faultOf(sample, faults) ?? {};
    faults.repeated += repeated;
    return { labels: sample.labels, value: written as Sample['value'] };
  });
  for (const { samples, ...described } of seriesFamilies(family, splittable, () => undefined)) {
    const series = [...samples];
    if (series.length > 0) yield { ...described, samples: new ReadSamples(series) };
  }
}

const faultOf = ({ value }: Sample, faults: FamilyFaults) => faults.values.get(value as HistogramValue | SummaryValue);

/** Drops and reports samples that have the label of buckets or quantiles, which their series would have twice. */
function withoutKeyLabel(
  family: Omit<MetricFamily, 'samples'>,
  samples: readonly Sample[],
  faults: FamilyFaults,
): readonly Sample[] {
  const keyLabel = keyLabelOf(family);
  const kept = samples.filter(({ labels }) => !Object.hasOwn(labels, keyLabel));
  const dropped = samples.length - kept.length;
  if (dropped > 0) faults.drop(`expected samples without the label ${keyLabel}; ${dropped} with it were dropped`);
  return kept;
}

/** Samples of histograms or summaries. Those of a large family that fit no repair are dropped. */
class FittingSamples implements ParsedSamples {
  private readonly type: MetricType;
  private readonly read: readonly Sample[];
  private readonly rest: AsyncGenerator<readonly Sample[], void>;
  private readonly faults: FamilyFaults;

  constructor(
    type: MetricType,
    read: readonly Sample[],
    rest: AsyncGenerator<readonly Sample[], void>,
    faults: FamilyFaults,
  ) {
    this.type = type;
    this.read = read;
    this.rest = rest;
    this.faults = faults;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Sample, void> {
    for await (const batch of this.batches()) yield* batch;
  }

  async *batches(): AsyncGenerator<readonly Sample[], void> {
    for await (const batch of new ReadSamples(this.read).batches()) yield this.fitting(batch);
    for await (const batch of this.rest) yield this.fitting(batch);
  }

  private fitting(batch: readonly Sample[]): readonly Sample[] {
    return batch.filter((sample) => {
      const fault = faultOf(sample, this.faults);
      if (fault === undefined) return true;
      if (fault.reason !== undefined) this.faults.dropOfLarge(fault);
      else if (fault.isRepaired) this.faults.addRepaired(fault, this.type);
      return fault.reason === undefined;
    });
  }
}
