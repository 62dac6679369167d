import { unlimited } from './document-meter.ts';
import { LabelSetCache, type Relabel } from './label-set-cache.ts';
import type { Parse } from './parser.ts';
import type { TextFormat } from './text-cursor.ts';
import { readFamilies } from './text-families.ts';

/**
 * A parser of the Prometheus text format, 0.0.4 and 1.0.0 (where names of any characters stand in quotes). It
 * holds some 64 KiB of a document, and what a histogram needs to be whole; and label sets, within the budget of the
 * process, to be known again in the next document: use one parser for each upstream.
 *
 * Families are as their series stand together: series without a `# TYPE` are untyped, and a name that comes
 * back later is a second family of that name. Timestamps and comments are dropped.
 *
 * @throws {MetricsError} `ERR_METRICS_MALFORMED_DOCUMENT`, as it is read, with the number of the line, for what Prometheus would
 *   refuse; for what it would guess at (numbers beyond a double, a last line without a line feed); and for
 *   histograms and summaries that are not whole
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
 * A parser of OpenMetrics 1.0.0 and 0.0.1, as `parsePrometheusText`. A counter is called by its series' name, with
 * `_total`, and an info with `_info`; info and stateset are gauges, gaugehistogram is histogram, unknown is untyped.
 * `_created` series are dropped; exemplars are kept where the model has them. A document without `# EOF` is refused.
 *
 * @see https://prometheus.io/docs/specs/om/open_metrics_spec
 */
export function parseOpenMetrics(relabel?: Relabel): Parse {
  return createParse('openmetrics', relabel);
}

function createParse(format: TextFormat, relabel: Relabel | undefined): Parse {
  const labelCache = new LabelSetCache(relabel);
  return (bytes, meter = unlimited) => readFamilies(bytes, format, labelCache, meter);
}
