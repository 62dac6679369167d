import type { DocumentFormat } from '../model/document-format.ts';
import { MetricsError } from '../model/errors.ts';
import type { MetricFamily } from '../model/metric-family.ts';
import { type Parse, type ParseContext, type ParsedFamily, unlimited } from '../model/parser.ts';
import { parseKumoMtaJson } from '../parsers/kumomta-json.ts';
import { parseOpenMetrics, parsePrometheusText } from '../parsers/prometheus-text.ts';
import { abortError } from './abort-error.ts';
import type { OpenedDocument } from './document-format.ts';
import { type Input, OR_SET_FORMAT, resolveInput } from './open-input.ts';
import { type MetricsInput, type ReadMetricsOptions, readOptions } from './options.ts';

const PARSERS: Readonly<Record<DocumentFormat, () => Parse>> = {
  json: parseKumoMtaJson,
  prometheus: parsePrometheusText,
  openmetrics: parseOpenMetrics,
};

/**
 * Reads a document family by family while it arrives, so that its size does not matter. The samples of a family are an
 * async iterable too, and those that were not read are skipped with the next family. Leaving early (`break`) closes
 * the connection.
 *
 * @throws {MetricsError} (while it is read) as `readMetrics`
 * @throws {TypeError} as `readMetrics`, at once
 * @example
 * for await (const { name, samples } of streamMetrics('http://127.0.0.1:3000/metrics')) {
 *   let series = 0;
 *   for await (const _ of samples) series++;
 *   console.log(name, series);
 * }
 */
export function streamMetrics(
  input: MetricsInput,
  options: ReadMetricsOptions = {},
): AsyncGenerator<MetricFamily, void> {
  const caller = 'streamMetrics';
  return familiesOf(caller, resolveInput(caller, input, readOptions(caller, options), OR_SET_FORMAT));
}

async function* familiesOf(caller: string, input: Input): AsyncGenerator<MetricFamily, void> {
  try {
    yield* parseDocument(await input.open(), {});
  } catch (error) {
    throw placeError(error, `${caller}: ${input.place}`);
  }
}

/** Parses a document. Series that are left out of it fail it, unless `context` handles them. */
export function parseDocument(
  { format, body, isComplete, signal }: OpenedDocument,
  context: Partial<ParseContext>,
): AsyncIterable<ParsedFamily> {
  const onDropped: ParseContext['onDropped'] = (error) => {
    throw error;
  };
  // The parser yields to the event loop, so that the signal can be aborted meanwhile.
  const addSeries = () => {
    if (signal?.aborted) throw abortError(signal);
  };
  return PARSERS[format]()(body, { ...unlimited, isComplete: () => isComplete, addSeries, onDropped, ...context });
}

/** Prefixes an error of this package with the function and the input. */
export function placeError(error: unknown, place: string): unknown {
  if (!(error instanceof MetricsError)) return error;
  const { code, message, cause } = error;
  return new MetricsError(code, `${place}: ${message}`, { cause });
}
