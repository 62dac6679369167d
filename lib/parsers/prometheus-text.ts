import { type Parse, unlimited } from '../model/parser.ts';
import { LabelSetCache, type Relabel } from './label-set-cache.ts';
import type { TextFormat } from './text-cursor.ts';
import { readFamilies } from './text-families.ts';

/**
 * Creates a parser of the Prometheus text format, 0.0.4 and 1.0.0 (with quoted names of any characters). It buffers
 * a document up to `maxJoinBytes`, and streams a larger one. It caches label sets for the next document, within the
 * cache budget of the process, so use one parser for each upstream.
 *
 * Every series that Prometheus stores is in one of the families. The groups of a family are joined. Series that do not
 * fit the type of their family are repaired or, if that is ambiguous, untyped families. Timestamps and comments are
 * dropped.
 *
 * @throws {MetricsError} `ERR_METRICS_MALFORMED_DOCUMENT`, while it is read, with the line number: for what Prometheus
 *   refuses, for numbers beyond the range of a double, for bytes that are not UTF-8, and for a last line without a line
 *   feed in a document that may be truncated
 * @see https://prometheus.io/docs/instrumenting/exposition_formats
 * @example
 * for await (const { name, samples } of parsePrometheusText()(response.body)) {
 *   for await (const { labels, value } of samples) console.log(name, labels, value);
 * }
 */
export function parsePrometheusText(relabel?: Relabel): Parse {
  return createParse('prometheus-text', relabel);
}

/**
 * Creates a parser of OpenMetrics 1.0.0 and 0.0.1, with the limits of `parsePrometheusText`. Counters and infos have
 * the names of their series, with `_total` and `_info`. Info and stateset become gauge, and unknown becomes untyped.
 * Gauge histograms and `_created` series are untyped families. Exemplars that the model does not have are dropped. A
 * document without `# EOF` is refused.
 *
 * @see https://prometheus.io/docs/specs/om/open_metrics_spec
 */
export function parseOpenMetrics(relabel?: Relabel): Parse {
  return createParse('openmetrics', relabel);
}

function createParse(format: TextFormat, relabel: Relabel | undefined): Parse {
  const labelCache = new LabelSetCache(relabel);
  return (bytes, context = unlimited) => readFamilies(bytes, format, labelCache, context);
}
