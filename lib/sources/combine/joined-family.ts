import { MetricsError } from '../../model/errors.ts';
import { isAsync, isReiterable, iteratorOf } from '../../model/iterables.ts';
import type { MetricFamily, Sample } from '../../model/metric-family.ts';
import type { FamilySegment } from './family-segment.ts';

/** Told of what a part costs the family: all that this source has of it. */
type OnSegmentDropped = (error: unknown, segment: FamilySegment) => void;

/** One family of what several sources have of it; those whose type is not the first one's are lost. */
export function joinSegments(
  segments: readonly [FamilySegment, ...FamilySegment[]],
  onSegmentDropped: OnSegmentDropped,
): MetricFamily {
  const [first] = segments;
  const sameType = segments.filter((segment) => {
    if (segment.family.type === first.family.type) return true;
    const types = `${segment.reader.name} has the type ${segment.family.type}, and ${first.reader.name} ${first.family.type}`;
    onSegmentDropped(new MetricsError('ERR_METRICS_FAMILY_NOT_JOINED', `${types}, which is kept`), segment);
    return false;
  });
  if (sameType.length === 1) return { ...first.family, samples: first.takeSamples() };

  const families = sameType.map(({ family }) => family);
  const { name, type, aggregator, unit } = first.family;
  const help = families.find((family) => family.help !== undefined)?.help;
  const labelNames = joinedLabelNames(families);
  return {
    name,
    type,
    ...(help !== undefined && { help }),
    ...(unit !== undefined && families.every((family) => family.unit === unit) && { unit }),
    ...(labelNames !== undefined && { labelNames }),
    ...(aggregator !== undefined && { aggregator }),
    samples: joinedSamples(sameType, onSegmentDropped),
  };
}

/**
 * All names, where every family declares its own. A single one is a map in JSON, in which samples of a family
 * without labels would not fit: then nothing is declared.
 */
function joinedLabelNames(families: readonly MetricFamily[]): string[] | undefined {
  const declared = families.flatMap(({ labelNames }) => (Array.isArray(labelNames) ? [labelNames as string[]] : []));
  if (declared.length < families.length) return undefined;
  const names = new Set(declared.flat());
  return names.size === 1 && declared.some((names) => names.length === 0) ? undefined : [...names];
}

/** One part after the other. What can be read twice still can: in JSON it then may have any number of samples. */
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
    // It fails when it is read, too.
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
      // Without its first sample, the part can be left out as if it had not been there.
      if (hasStarted || ++failed === pieces.length) throw error;
      onSegmentDropped(error, segment);
    }
  }
}

/** As above. Not a generator, which would make several promises more for each sample. */
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
