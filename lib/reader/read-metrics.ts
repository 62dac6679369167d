import { type MetricsDocument, readDocument } from './document.ts';
import { OR_SET_FORMAT, resolveInput } from './open-input.ts';
import { type MetricsInput, type ReadMetricsOptions, readOptions } from './options.ts';
import { placeError } from './stream-metrics.ts';

/**
 * Reads a metrics document: KumoMTA's JSON, Prometheus text or OpenMetrics. The input is a `URL`, a string that begins
 * with `http://` or `https://`, the `Response` of a `fetch()`, or the text of a document. It is parsed while it
 * arrives. `streamMetrics` reads it without holding all of its series.
 *
 * A request sends no credentials unless `headers` has them, or the URL as user info, which is sent as Basic
 * authentication. It follows no redirect.
 *
 * @throws {MetricsError} (rejects) `ERR_METRICS_SCRAPE_FAILED` when there is no document, with the reason and what to
 *   change; `ERR_METRICS_MALFORMED_DOCUMENT` when it does not conform to its format, with the place;
 *   `ERR_METRICS_INVALID_SAMPLE` when a sample of JSON cannot be read
 * @throws {TypeError} (rejects) for another input, and for an unknown or invalid option
 * @example
 * const document = await readMetrics('http://127.0.0.1:3000/metrics.json');
 * console.log(metricValue(document, 'queue_depth', { queue: 'a' }));
 */
export async function readMetrics(input: MetricsInput, options: ReadMetricsOptions = {}): Promise<MetricsDocument> {
  return readAs('readMetrics', input, options, { formatHint: OR_SET_FORMAT });
}

/** What messages say of an input. */
export interface InputWords {
  /** Description of the input. */
  readonly place?: string;
  /** `OR_SET_FORMAT` if the function has that option. */
  readonly formatHint?: string;
}

/** Reads a document for a function of another name. */
export async function readAs(
  caller: string,
  input: MetricsInput,
  options: ReadMetricsOptions,
  { place, formatHint }: InputWords = {},
): Promise<MetricsDocument> {
  const resolved = resolveInput(caller, input, readOptions(caller, options), formatHint);
  try {
    return await readDocument(await resolved.open());
  } catch (error) {
    throw placeError(error, `${caller}: ${place ?? resolved.place}`);
  }
}
