import type { MetricFamily, Sample } from '../model/metric-family.ts';

/** Maximum number of samples that are buffered before a family is returned. */
const MAX_BUFFERED_SAMPLES = 10_000;
/** Maximum memory (bytes, estimated) of those samples. */
const MAX_BUFFERED_BYTES = 4 * 2 ** 20;

/**
 * Makes the shape in the JSON document certain for a family whose samples are streamed.
 *
 * - A small family becomes an array, from which the encoder determines the shape. Its errors are thrown here.
 * - For a larger one, when all samples so far have the same single label, `labelNames` declares that label. A later
 *   sample without it, or with another, is dropped and reported.
 * - Any other shape is certain after two samples, and needs no declaration.
 *
 * A declaration that the family has already is kept.
 */
export async function inferLabelNames(
  family: Omit<MetricFamily, 'samples'>,
  batches: AsyncIterable<readonly Sample[]>,
): Promise<MetricFamily> {
  const iterator = batches[Symbol.asyncIterator]();
  const buffered: Sample[] = [];
  let bytes = 0;
  while (buffered.length < MAX_BUFFERED_SAMPLES && bytes < MAX_BUFFERED_BYTES) {
    const next = await iterator.next();
    if (next.done) return { ...family, samples: buffered };
    for (const sample of next.value) {
      buffered.push(sample);
      bytes += estimateBytes(sample);
    }
  }
  const label = commonLabel(buffered);
  const { labelNames = label === undefined ? undefined : [label] } = family;
  return { ...family, ...(labelNames !== undefined && { labelNames }), samples: concat(buffered, iterator) };
}

/** Returns the label that every sample has as its only one. */
function commonLabel(samples: readonly Sample[]): string | undefined {
  let label: string | undefined;
  for (const { labels } of samples) {
    const [name, ...others] = Object.keys(labels);
    label ??= name;
    if (name === undefined || name !== label || others.length > 0) return undefined;
  }
  return label;
}

async function* concat(
  buffered: readonly Sample[],
  rest: AsyncIterator<readonly Sample[]>,
): AsyncGenerator<Sample, void> {
  try {
    for (const sample of buffered) yield sample;
    for (let next = await rest.next(); !next.done; next = await rest.next())
      for (const sample of next.value) yield sample;
  } finally {
    await rest.return?.();
  }
}

/** Estimates the memory of a sample, without the parts that samples share. */
export function estimateBytes({ labels, value }: Sample): number {
  let bytes = 100;
  for (const name of Object.keys(labels)) bytes += 20 + (labels[name]?.length ?? 0);
  if (typeof value === 'number') return bytes;
  return bytes + 16 * ('bounds' in value ? value.bounds : value.quantiles).length;
}
