import { MetricsError } from '../model/errors.ts';
import type { HistogramValue, LabelSet, Sample, SummaryValue } from '../model/metric-family.ts';
import { parseKumoMtaJson } from '../parsers/kumomta-json.ts';

/**
 * The families of a scrape by name, as plain objects that can be compared and printed.
 *
 * @example
 * expect(await scrapeMetrics(app)).toMatchObject({
 *   queue_depth: { type: 'gauge', samples: [{ labels: { queue: 'a' }, value: 3 }] },
 * });
 */
export type MetricsDocument = Readonly<Record<string, ScrapedFamily>>;

/** One family of a document. Its `type` determines the type of its values. */
export type ScrapedFamily =
  | FamilyOf<'counter' | 'gauge' | 'untyped', number>
  | FamilyOf<'histogram', HistogramValue>
  | FamilyOf<'summary', SummaryValue>;

/** One series of a family. */
export interface ScrapedSample<Value extends MetricValue = MetricValue> {
  readonly labels: LabelSet;
  /** NaN for null in the JSON. */
  readonly value: Value;
}

/** The value of one series in a document. */
export type MetricValue = Sample['value'];

interface FamilyOf<Type extends string, Value extends MetricValue> {
  readonly type: Type;
  readonly help?: string;
  readonly samples: readonly ScrapedSample<Value>[];
}

/** @throws {MetricsError} `ERR_METRICS_MALFORMED_DOCUMENT` when the body is not a document, or contains a family twice */
export async function readDocument(body: Uint8Array): Promise<MetricsDocument> {
  const families = new Map<string, ScrapedFamily>();
  for await (const { name, type, help, samples } of parseKumoMtaJson()(oneChunk(body))) {
    if (families.has(name))
      throw new MetricsError('ERR_METRICS_MALFORMED_DOCUMENT', `the family "${name}" occurs twice`);
    const read: Sample[] = [];
    for await (const sample of samples) read.push(sample);
    // The parser returns values of the family's type.
    families.set(name, { type, ...(help !== undefined && { help }), samples: read } as ScrapedFamily);
  }
  return Object.fromEntries(families);
}

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  yield bytes;
}
