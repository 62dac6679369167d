import { MetricsError } from '../model/errors.ts';
import { isReiterable } from '../model/iterables.ts';
import type { MetricFamily, Sample } from '../model/metric-family.ts';
import { breathe } from '../util/event-loop.ts';
import { BATCH_SIZE, type Batches, batches } from './batches.ts';
import { labelValue } from './samples.ts';

/** The shape of a family's `value` in the JSON document. */
export type Shape =
  | { readonly kind: 'value' }
  | { readonly kind: 'map'; readonly label: string }
  | { readonly kind: 'list'; readonly labels?: readonly string[] };

/** How many samples of an iterable that can be read only once are held until the shape is certain. */
const MAX_HELD = 10_000;

/**
 * The shape follows from the label sets of all samples that will be written, or from those that the
 * family declares. An array is looked through, and so is whatever else can be read twice; the rest is
 * held back until its shape is certain.
 */
export async function findShape(
  { labelNames, samples }: MetricFamily,
  singleLabel: 'map' | 'list',
  hasValue: (sample: Sample) => boolean,
): Promise<{ shape: Shape; samples: Batches }> {
  if (labelNames !== undefined) return { shape: declaredShape(labelNames, singleLabel), samples: batches(samples) };
  const seen = new ShapeFinder(singleLabel, hasValue);
  const source = batches(samples);
  if (isReiterable(samples)) {
    for await (const batch of source) {
      if (seen.add(batch)) break;
      await breathe();
    }
    return { shape: seen.shape(), samples: batches(samples) };
  }
  const held = await hold(source, seen);
  return { shape: seen.shape(), samples: chain(held, source) };
}

function declaredShape(labelNames: readonly string[], singleLabel: 'map' | 'list'): Shape {
  const [label] = labelNames;
  if (label === undefined) return { kind: 'value' };
  if (labelNames.length === 1 && singleLabel === 'map') return { kind: 'map', label };
  return { kind: 'list', labels: [...labelNames] };
}

/** Reads until the shape is certain, and closes what it reads from when it gives up. */
async function hold(source: Batches, seen: ShapeFinder): Promise<Sample[]> {
  const held: Sample[] = [];
  try {
    for (let next = await source.next(); !next.done; next = await source.next()) {
      held.push(...next.value);
      if (seen.add(next.value)) break;
      if (held.length > MAX_HELD) {
        throw new MetricsError(
          'SHAPE_UNCERTAIN',
          `its shape is not certain after ${MAX_HELD} samples that can be read only once; declare labelNames, or give an array`,
        );
      }
      await breathe();
    }
    return held;
  } catch (error) {
    await source.return(undefined);
    throw error;
  }
}

async function* chain(held: readonly Sample[], rest: Batches): AsyncGenerator<readonly Sample[], void> {
  try {
    for (let i = 0; i < held.length; i += BATCH_SIZE) yield held.slice(i, i + BATCH_SIZE);
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
  /** Samples whose one label is `@`: they fit a map of that name, and nothing else. */
  private hasAt = false;

  constructor(singleLabel: 'map' | 'list', hasValue: (sample: Sample) => boolean) {
    this.singleLabel = singleLabel;
    this.hasValue = hasValue;
  }

  /** True when no further sample can change the shape. */
  add(batch: readonly Sample[]): boolean {
    for (const sample of batch) {
      if (!this.isList && this.willBeWritten(sample)) this.isList = this.look(Object.keys(sample.labels));
    }
    return this.isList;
  }

  shape(): Shape {
    if (this.isList) return { kind: 'list' };
    if (this.label !== undefined) return { kind: 'map', label: this.label };
    return this.hasAt && this.unlabelled === 0 ? { kind: 'map', label: '@' } : { kind: 'value' };
  }

  /** True when a sample with these labels makes the family a list, whatever else comes. */
  private look(names: readonly string[]): boolean {
    // Among several labels, `@` fits no shape: the sample will be left out.
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

  /** What will be left out, on purpose or because it is broken, has no say. */
  private willBeWritten(sample: Sample): boolean {
    try {
      for (const name of Object.keys(sample.labels)) labelValue(sample.labels, name);
      return this.hasValue(sample);
    } catch {
      return false;
    }
  }
}
