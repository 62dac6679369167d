import { MetricsError } from '../model/errors.ts';
import type { HistogramValue, LabelSet, Sample, SummaryValue } from '../model/metric-family.ts';
import type { OpenedDocument } from './document-format.ts';
import { parseDocument } from './stream-metrics.ts';

/**
 * The families of a document by name, as plain objects that can be compared and printed.
 *
 * @example
 * expect(await readMetrics(url)).toMatchObject({
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
  /** Base unit, such as `seconds`, which only OpenMetrics has. */
  readonly unit?: string;
  readonly samples: readonly ScrapedSample<Value>[];
}

/** @throws {MetricsError} `ERR_METRICS_MALFORMED_DOCUMENT` when the body is not a document, or contains a family twice */
export async function readDocument(opened: OpenedDocument): Promise<MetricsDocument> {
  const families = new Map<string, ScrapedFamily>();
  // The document is held in memory anyway.
  for await (const family of parseDocument(opened, { maxJoinBytes: Number.POSITIVE_INFINITY })) {
    const { name, type, help, unit, samples } = family;
    if (families.has(name))
      throw new MetricsError('ERR_METRICS_MALFORMED_DOCUMENT', `the family "${name}" occurs twice`);
    const read: Sample[] = [];
    for await (const sample of samples) read.push(sample);
    const described = { type, ...(help !== undefined && { help }), ...(unit !== undefined && { unit }) };
    // The parser returns values of the family's type.
    families.set(name, { ...described, samples: read } as ScrapedFamily);
  }
  return Object.fromEntries(families);
}
