import type { MetricFamily, Sample } from '../model/metric-family.ts';

/** How many samples, and how much (bytes, estimated), is looked at before a family is given. */
const MAX_BUFFERED_SAMPLES = 10_000;
const MAX_BUFFERED_BYTES = 4 * 2 ** 20;

/**
 * Gives a family that is read as it comes a shape in the JSON document. A small one becomes an array,
 * which shows its shape by itself, and whose errors come before the family does. One that goes on beyond that, each
 * sample so far with one and the same single label, is declared to have no other: a sample that comes
 * without it, or with another, will be left out and reported. Any other shape shows at the second sample. What is
 * declared already stays as it is.
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

/** The label that each of the samples has, and no other. */
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

/** What a sample takes in memory, without what samples share. */
function estimateBytes({ labels, value }: Sample): number {
  let bytes = 100;
  for (const name of Object.keys(labels)) bytes += 20 + (labels[name]?.length ?? 0);
  if (typeof value === 'number') return bytes;
  return bytes + 16 * ('bounds' in value ? value.bounds : value.quantiles).length;
}
