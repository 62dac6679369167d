import { MetricsError } from '../model/errors.ts';
import { isReiterable } from '../model/iterables.ts';
import type { MetricFamily, Sample } from '../model/metric-family.ts';
import { yieldToEventLoop } from '../util/event-loop.ts';
import { BATCH_SIZE, type Batches, createBatches } from './batches.ts';
import { labelValue } from './samples.ts';

/** The shape of a family's `value` in the JSON document. */
export type Shape =
  | { readonly kind: 'value' }
  | { readonly kind: 'map'; readonly label: string }
  | { readonly kind: 'list'; readonly labels?: readonly string[] };

/** Maximum number of samples of an iterable that can be read only once that are buffered until the shape is certain. */
const MAX_BUFFERED_SAMPLES = 10_000;

/**
 * Determines the shape from the label sets of all samples that will be written, or from the declared label names.
 * Arrays and other iterables that can be read twice are read once for it. The samples of others are buffered until
 * the shape is certain.
 */
export async function findShape(
  { labelNames, samples }: MetricFamily,
  singleLabel: 'map' | 'list',
  hasValue: (sample: Sample) => boolean,
): Promise<{ shape: Shape; samples: Batches }> {
  if (labelNames !== undefined)
    return { shape: declaredShape(labelNames, singleLabel), samples: createBatches(samples) };
  const finder = new ShapeFinder(singleLabel, hasValue);
  const source = createBatches(samples);
  if (isReiterable(samples)) {
    for await (const batch of source) {
      if (finder.add(batch)) break;
      await yieldToEventLoop();
    }
    return { shape: finder.shape(), samples: createBatches(samples) };
  }
  const buffered = await bufferUntilCertain(source, finder);
  return { shape: finder.shape(), samples: concatBatches(buffered, source) };
}

function declaredShape(labelNames: readonly string[], singleLabel: 'map' | 'list'): Shape {
  const [label] = labelNames;
  if (label === undefined) return { kind: 'value' };
  if (labelNames.length === 1 && singleLabel === 'map') return { kind: 'map', label };
  return { kind: 'list', labels: [...labelNames] };
}

/** Reads until the shape is certain. Closes the source on an error. */
async function bufferUntilCertain(source: Batches, finder: ShapeFinder): Promise<Sample[]> {
  const buffered: Sample[] = [];
  try {
    for (let next = await source.next(); !next.done; next = await source.next()) {
      buffered.push(...next.value);
      if (finder.add(next.value)) break;
      if (buffered.length > MAX_BUFFERED_SAMPLES) {
        throw new MetricsError(
          'ERR_METRICS_SHAPE_UNCERTAIN',
          `its shape is not certain after ${MAX_BUFFERED_SAMPLES} samples that can be read only once; declare labelNames, or give an array`,
        );
      }
      await yieldToEventLoop();
    }
    return buffered;
  } catch (error) {
    await source.return(undefined);
    throw error;
  }
}

async function* concatBatches(buffered: readonly Sample[], rest: Batches): AsyncGenerator<readonly Sample[], void> {
  try {
    for (let i = 0; i < buffered.length; i += BATCH_SIZE) yield buffered.slice(i, i + BATCH_SIZE);
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}

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
