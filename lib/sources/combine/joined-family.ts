import { MetricsError } from '../../model/errors.ts';
import { isAsync, isReiterable, iteratorOf } from '../../model/iterables.ts';
import type { MetricFamily, Sample } from '../../model/metric-family.ts';
import type { Part } from './part.ts';

/** Told of what a part costs the family: all that this source has of it. */
type Lost = (error: unknown, part: Part) => void;

/** One family of what several sources have of it; those whose type is not the first one's are lost. */
export function joinParts(parts: readonly [Part, ...Part[]], lost: Lost): MetricFamily {
  const [first] = parts;
  const alike = parts.filter((part) => {
    if (part.family.type === first.family.type) return true;
    const types = `${part.member.name} has the type ${part.family.type}, and ${first.member.name} ${first.family.type}`;
    lost(new MetricsError('ERR_METRICS_FAMILY_NOT_JOINED', `${types}, which is kept`), part);
    return false;
  });
  if (alike.length === 1) return { ...first.family, samples: first.takeSamples() };

  const families = alike.map(({ family }) => family);
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
    samples: joinedSamples(alike, lost),
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
  return names.size === 1 && declared.some((own) => own.length === 0) ? undefined : [...names];
}

/** One part after the other. What can be read twice still can: in JSON it then may have any number of samples. */
function joinedSamples(parts: readonly Part[], lost: Lost): MetricFamily['samples'] {
  const pieces = parts.map((part) => ({ part, samples: part.takeSamples() }));
  const once = oncePerPart(lost);
  if (pieces.some(({ samples }) => isAsync(samples))) return concatAsync(pieces, once);
  const all = pieces as SyncPiece[];
  if (all.every(canBeReadAgain)) return { [Symbol.iterator]: () => concat(all, once) };
  return concat(all, once);
}

function canBeReadAgain({ samples }: Piece): boolean {
  try {
    return isReiterable(samples);
  } catch {
    // It fails when it is read, too.
    return false;
  }
}

interface Piece {
  readonly part: Part;
  readonly samples: MetricFamily['samples'];
}

interface SyncPiece extends Piece {
  readonly samples: Iterable<Sample>;
}

function* concat(pieces: readonly SyncPiece[], lost: Lost): Generator<Sample, void> {
  let failed = 0;
  for (const { part, samples } of pieces) {
    let hasBegun = false;
    try {
      for (const sample of samples) {
        hasBegun = true;
        yield sample;
      }
    } catch (error) {
      // Without its first sample, the part can be left out as if it had not been there.
      if (hasBegun || ++failed === pieces.length) throw error;
      lost(error, part);
    }
  }
}

/** As above. Not a generator, which would make several promises more for each sample. */
function concatAsync(pieces: readonly Piece[], lost: Lost): AsyncIterableIterator<Sample> {
  const left = pieces.values();
  let failed = 0;
  let current: Piece | undefined;
  let iterator: Iterator<Sample> | AsyncIterator<Sample> | undefined;
  let hasBegun = false;

  async function next(): Promise<IteratorResult<Sample, undefined>> {
    for (;;) {
      current ??= left.next().value;
      if (current === undefined) return { done: true, value: undefined };
      try {
        iterator ??= iteratorOf(current.samples);
        const result = await iterator.next();
        if (!result.done) {
          hasBegun = true;
          return result;
        }
      } catch (error) {
        if (hasBegun || ++failed === pieces.length) throw error;
        lost(error, current.part);
      }
      current = iterator = undefined;
      hasBegun = false;
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

function oncePerPart(lost: Lost): Lost {
  const known = new Set<Part>();
  return (error, part) => {
    if (!known.has(part)) lost(error, part);
    known.add(part);
  };
}
