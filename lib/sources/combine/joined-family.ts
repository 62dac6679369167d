import { MetricsError } from '../../model/errors.ts';
import { isAsync, isReiterable, iteratorOf } from '../../model/iterables.ts';
import type { MetricFamily, Sample } from '../../model/metric-family.ts';
import { isDistribution } from '../../model/series-families.ts';
import { markOf } from '../../model/series-mark.ts';
import type { FamilySegment } from './family-segment.ts';

/** Called when a segment is dropped: all that one source has of the family. */
export type OnSegmentDropped = (error: unknown, segment: FamilySegment) => void;

/** What a join reports. */
export interface SegmentEvents {
  readonly onSegmentDropped: OnSegmentDropped;
  /** Called when families of different types are served as untyped. */
  onUntyped(name: string): void;
}

/**
 * Joins the segments of one family, as untyped if their types differ. Leaves out those of another type that are known to
 * have no samples. Drops those with which the first one cannot be joined: a histogram or summary that is too large for
 * the buffer, and any other family next to it.
 */
export function joinSegments(
  segments: readonly [FamilySegment, ...FamilySegment[]],
  { onSegmentDropped, onUntyped }: SegmentEvents,
): MetricFamily {
  const { type: expected } = (segments.find(({ isEmpty }) => !isEmpty) ?? segments[0]).family;
  const relevant = segments.filter(({ isEmpty, family }) => !isEmpty || family.type === expected);
  const first = relevant[0] as FamilySegment;
  const joinable = relevant.filter((segment) => {
    const got = segment.family.type;
    if (got === expected || (!isDistribution(segment.family) && !isDistribution(first.family))) return true;
    const message = `${segment.reader.name}: expected the type ${expected}, as in ${first.reader.name}, got ${got}`;
    onSegmentDropped(new MetricsError('ERR_METRICS_FAMILY_NOT_JOINED', message), segment);
    return false;
  });
  if (joinable.length === 1) return { ...first.family, samples: first.takeSamples() };

  const families = joinable.map(({ family }) => family);
  const { name, type, aggregator, unit } = first.family;
  const isTyped = families.every((family) => family.type === type);
  if (!isTyped) onUntyped(name);
  const help = families.find((family) => family.help !== undefined)?.help;
  const labelNames = joinedLabelNames(families);
  return {
    ...markOf(first.family),
    name,
    type: isTyped ? type : 'untyped',
    ...(help !== undefined && { help }),
    ...(unit !== undefined && families.every((family) => family.unit === unit) && { unit }),
    ...(labelNames !== undefined && { labelNames }),
    ...(isTyped && aggregator !== undefined && { aggregator }),
    samples: joinedSamples(joinable, onSegmentDropped),
  };
}

/**
 * Returns all label names, or undefined unless every family declares its own. A single name makes
 * the family a map in JSON, which cannot hold samples without labels: then none is declared.
 */
function joinedLabelNames(families: readonly MetricFamily[]): string[] | undefined {
  const declared = families.flatMap(({ labelNames }) => (Array.isArray(labelNames) ? [labelNames as string[]] : []));
  if (declared.length < families.length) return undefined;
  const names = new Set(declared.flat());
  return names.size === 1 && declared.some((names) => names.length === 0) ? undefined : [...names];
}

/** Concatenates the samples. If all can be read twice, so can the result: JSON then takes any number of samples. */
function joinedSamples(
  segments: readonly FamilySegment[],
  onSegmentDropped: OnSegmentDropped,
): MetricFamily['samples'] {
  const pieces = segments.map((segment) => ({ segment, samples: segment.takeSamples() }));
  const dropOnce = oncePerSegment(onSegmentDropped);
  if (pieces.some(({ samples }) => isAsync(samples))) return concatAsync(pieces, dropOnce);
  const all = pieces as SyncSegmentSamples[];
  if (all.every(canBeReadAgain)) return { [Symbol.iterator]: () => concat(all, dropOnce) };
  return concat(all, dropOnce);
}

function canBeReadAgain({ samples }: SegmentSamples): boolean {
  try {
    return isReiterable(samples);
  } catch {
    // Reading it fails as well, and is handled there.
    return false;
  }
}

interface SegmentSamples {
  readonly segment: FamilySegment;
  readonly samples: MetricFamily['samples'];
}

interface SyncSegmentSamples extends SegmentSamples {
  readonly samples: Iterable<Sample>;
}

function* concat(pieces: readonly SyncSegmentSamples[], onSegmentDropped: OnSegmentDropped): Generator<Sample, void> {
  let failed = 0;
  for (const { segment, samples } of pieces) {
    let hasStarted = false;
    try {
      for (const sample of samples) {
        hasStarted = true;
        yield sample;
      }
    } catch (error) {
      // A segment that fails before its first sample can be left out.
      if (hasStarted || ++failed === pieces.length) throw error;
      onSegmentDropped(error, segment);
    }
  }
}

/** Does the same for async samples. A generator would create several more promises per sample. */
function concatAsync(
  pieces: readonly SegmentSamples[],
  onSegmentDropped: OnSegmentDropped,
): AsyncIterableIterator<Sample> {
  const left = pieces.values();
  let failed = 0;
  let current: SegmentSamples | undefined;
  let iterator: Iterator<Sample> | AsyncIterator<Sample> | undefined;
  let hasStarted = false;

  async function next(): Promise<IteratorResult<Sample, undefined>> {
    for (;;) {
      current ??= left.next().value;
      if (current === undefined) return { done: true, value: undefined };
      try {
        iterator ??= iteratorOf(current.samples);
        const result = await iterator.next();
        if (!result.done) {
          hasStarted = true;
          return result;
        }
      } catch (error) {
        if (hasStarted || ++failed === pieces.length) throw error;
        onSegmentDropped(error, current.segment);
      }
      current = iterator = undefined;
      hasStarted = false;
    }
  }

  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next,
    async return() {
      await iterator?.return?.();
      return { done: true, value: undefined };
    },
  };
}

function oncePerSegment(onSegmentDropped: OnSegmentDropped): OnSegmentDropped {
  const known = new Set<FamilySegment>();
  return (error, segment) => {
    if (!known.has(segment)) onSegmentDropped(error, segment);
    known.add(segment);
  };
}
