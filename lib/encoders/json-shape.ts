import { MetricsError } from '../model/errors.ts';
import { isReiterable } from '../model/iterables.ts';
import type { MetricFamily, Sample } from '../model/metric-family.ts';
import { yieldToEventLoop } from '../util/event-loop.ts';
import { isPromise, type Steps, waitFor } from '../util/steps.ts';
import type { SampleBatches } from './batches.ts';
import { checkSamples, concatBatches, readBatches } from './read-batches.ts';
import { labelValue } from './samples.ts';

/** The shape of a family's `value` in the JSON document. */
export type Shape =
  | { readonly kind: 'value' }
  | { readonly kind: 'map'; readonly label: string }
  | { readonly kind: 'list'; readonly labels?: readonly string[] };

/** Maximum number of samples of an iterable that can be read only once that are buffered until the shape is certain. */
const MAX_BUFFERED_SAMPLES = 10_000;

/** Returns the shape that declared label names fix. */
export function declaredShape(labelNames: readonly string[], singleLabel: 'map' | 'list'): Shape {
  const [label] = labelNames;
  if (label === undefined) return { kind: 'value' };
  if (labelNames.length === 1 && singleLabel === 'map') return { kind: 'map', label };
  return { kind: 'list', labels: [...labelNames] };
}

/**
 * Determines the shape from the label sets of all samples that will be written. Arrays and other iterables that can
 * be read twice are read once for it. The samples of others are buffered until the shape is certain.
 */
export function* findShape(
  samples: MetricFamily['samples'],
  singleLabel: 'map' | 'list',
  hasValue: (sample: Sample) => boolean,
): Steps<never, { shape: Shape; batches: SampleBatches }> {
  const finder = new ShapeFinder(singleLabel, hasValue);
  checkSamples(samples);
  const canReadAgain = isReiterable(samples);
  const batches = readBatches(samples);
  const buffered: Sample[] = [];
  let isUnused = true;
  try {
    for (;;) {
      const next = batches.next();
      const batch = isPromise(next) ? yield* waitFor(next) : next;
      if (batch === undefined) break;
      const isCertain = finder.add(batch);
      if (!canReadAgain) buffered.push(...batch);
      if (isCertain) break;
      if (buffered.length > MAX_BUFFERED_SAMPLES) throw uncertainShape();
      const turn = yieldToEventLoop();
      if (turn !== undefined) yield turn;
    }
    isUnused = canReadAgain;
    const rest = canReadAgain ? readBatches(samples) : concatBatches(buffered, batches);
    return { shape: finder.shape(), batches: rest };
  } finally {
    if (isUnused) batches.close();
  }
}

const uncertainShape = () =>
  new MetricsError(
    'ERR_METRICS_SHAPE_UNCERTAIN',
    `its shape is not certain after ${MAX_BUFFERED_SAMPLES} samples that can be read only once; declare labelNames, or give an array`,
  );

class ShapeFinder {
  private readonly singleLabel: 'map' | 'list';
  private readonly hasValue: (sample: Sample) => boolean;
  private unlabelled = 0;
  private label: string | undefined;
  private isList = false;
  /** Whether a sample's only label is `@`, which fits only a map of that name. */
  private hasAt = false;

  constructor(singleLabel: 'map' | 'list', hasValue: (sample: Sample) => boolean) {
    this.singleLabel = singleLabel;
    this.hasValue = hasValue;
  }

  /** Returns whether the shape is certain: no further sample can change it. */
  add(batch: readonly Sample[]): boolean {
    for (const sample of batch) {
      if (!this.isList && this.willBeWritten(sample)) this.isList = this.isListWith(Object.keys(sample.labels));
    }
    return this.isList;
  }

  shape(): Shape {
    if (this.isList) return { kind: 'list' };
    if (this.label !== undefined) return { kind: 'map', label: this.label };
    return this.hasAt && this.unlabelled === 0 ? { kind: 'map', label: '@' } : { kind: 'value' };
  }

  /** Whether a sample with these labels makes the family a list, whatever samples follow. */
  private isListWith(names: readonly string[]): boolean {
    // Among several labels, `@` fits no shape, so the sample will be dropped.
    if (names.length > 1) return !names.includes('@');
    const [label] = names;
    if (label === undefined) {
      this.unlabelled++;
      return this.unlabelled > 1 || this.label !== undefined;
    }
    if (label === '@') {
      this.hasAt = this.singleLabel === 'map';
      return false;
    }
    this.label ??= label;
    return this.label !== label || this.unlabelled > 0 || this.singleLabel === 'list';
  }

  /** Whether the sample counts for the shape: omitted and invalid samples do not. */
  private willBeWritten(sample: Sample): boolean {
    try {
      for (const name of Object.keys(sample.labels)) labelValue(sample.labels, name);
      return this.hasValue(sample);
    } catch {
      return false;
    }
  }
}
