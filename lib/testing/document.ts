import { MetricsError } from '../model/errors.ts';
import type { HistogramValue, LabelSet, Sample, SummaryValue } from '../model/metric-family.ts';
import { parseKumoMtaJson } from '../parsers/kumomta-json.ts';

/**
 * What a scrape gave: its families by their names, as plain objects, to be compared and printed.
 *
 * @example
 * expect(await scrapeMetrics(app)).toMatchObject({
 *   queue_depth: { type: 'gauge', samples: [{ labels: { queue: 'a' }, value: 3 }] },
 * });
 */
export type MetricsDocument = Readonly<Record<string, ScrapedFamily>>;

/** One family of a document; `type` tells what its values are. */
export type ScrapedFamily =
  | FamilyOf<'counter' | 'gauge' | 'untyped', number>
  | FamilyOf<'histogram', HistogramValue>
  | FamilyOf<'summary', SummaryValue>;

/** One series of a family. */
export interface ScrapedSample<Value extends MetricValue = MetricValue> {
  readonly labels: LabelSet;
  /** NaN where JSON has null. */
  readonly value: Value;
}

/** One series' value in a document, by its family's type. */
export type MetricValue = Sample['value'];

interface FamilyOf<Type extends string, Value extends MetricValue> {
  readonly type: Type;
  readonly help?: string;
  readonly samples: readonly ScrapedSample<Value>[];
}

/** @throws {MetricsError} `ERR_METRICS_MALFORMED_DOCUMENT` for what is no document, or one that has a family twice */
export async function readDocument(body: Uint8Array): Promise<MetricsDocument> {
  const families = new Map<string, ScrapedFamily>();
  for await (const { name, type, help, samples } of parseKumoMtaJson()(only(body))) {
    if (families.has(name))
      throw new MetricsError('ERR_METRICS_MALFORMED_DOCUMENT', `it has the family "${name}" twice`);
    const read: Sample[] = [];
    for await (const sample of samples) read.push(sample);
    // The parser reads a value as the type has it.
    families.set(name, { type, ...(help !== undefined && { help }), samples: read } as ScrapedFamily);
  }
  return Object.fromEntries(families);
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  yield bytes;
}
