import { readFamilies } from '../../lib/document/read-families.ts';
import type { EncodeOptions, Encoder } from '../../lib/encoders/encoder.ts';
import { MetricsError } from '../../lib/model/errors.ts';
import type { MetricFamily, Sample } from '../../lib/model/metric-family.ts';
import type { MetricFamilies } from '../../lib/model/metrics-source.ts';

/** A document, and what was dropped, as `family name: message` or `sample name: message`. */
export interface Encoded {
  readonly text: string;
  readonly chunks: readonly string[];
  readonly losses: readonly string[];
}

export async function encode(encoder: Encoder, families: MetricFamilies, prefix = ''): Promise<Encoded> {
  const losses: string[] = [];
  const chunks: string[] = [];
  for await (const chunk of chunksOf(encoder, families, { prefix, drops: recordDrops(losses) })) chunks.push(chunk);
  return { text: decode(chunks.join('')), chunks, losses };
}

/** The chunks of a document, as they are made. Leaving early ends the document. */
export async function* chunksOf(
  encoder: Encoder,
  families: MetricFamilies,
  options: EncodeOptions,
): AsyncGenerator<string, void> {
  const wait = <T>(promise: T | Promise<T>) => Promise.resolve(promise);
  for (const step of encoder.encode(readFamilies(families, { wait }), options)) {
    if (typeof step === 'string') yield step;
    else await step;
  }
}

/** Creates a drop reporter that adds to a list. @throws if an error of this package has the wrong code */
export function recordDrops(losses: string[]) {
  const message = (error: unknown, ...codes: string[]) => {
    if (error instanceof MetricsError) expect(codes).toContain(error.code);
    return error instanceof Error ? error.message : `not an error: ${error}`;
  };
  return {
    onFamilyDropped: (error: unknown, name: string | undefined) =>
      void losses.push(
        `family ${name}: ${message(error, 'ERR_METRICS_INVALID_FAMILY', 'ERR_METRICS_SHAPE_UNCERTAIN')}`,
      ),
    onDuplicateFamily: (buildError: () => unknown, name: string) =>
      void losses.push(`family ${name}: ${message(buildError(), 'ERR_METRICS_INVALID_FAMILY')}`),
    onSampleDropped: (buildError: () => unknown, name: string) =>
      void losses.push(`sample ${name}: ${message(buildError(), 'ERR_METRICS_INVALID_SAMPLE')}`),
  };
}

/** Decodes a byte string. @throws if it is not a byte string, or not UTF-8 */
export function decode(byteString: string): string {
  const bytes = Buffer.from(byteString, 'latin1');
  if (bytes.toString('latin1') !== byteString) throw new Error('not a byte string: it has a character above U+00FF');
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
}

/** Creates a family, by default a gauge called `m`. */
export function family(members: { [K in keyof MetricFamily]?: unknown }): MetricFamily {
  return { name: 'm', type: 'gauge', samples: [], ...members } as MetricFamily;
}

export function sample(value: unknown, labels: unknown = {}): Sample {
  return { labels, value } as Sample;
}
