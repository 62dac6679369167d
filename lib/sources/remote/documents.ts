import type { DocumentFormat } from '../../model/document-format.ts';
import { MetricsError } from '../../model/errors.ts';
import type { LabelSet } from '../../model/metric-family.ts';
import { type Parse, unlimited } from '../../model/parser.ts';
import { parseKumoMtaJson } from '../../parsers/kumomta-json.ts';
import { parseOpenMetrics, parsePrometheusText } from '../../parsers/prometheus-text.ts';
import { addLabels } from '../added-labels.ts';
import type { ResolvedOptions } from './options.ts';
import { upstreamError } from './upstream-error.ts';

const OPEN_METRICS = 'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8';
const TEXT = 'text/plain;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.5';

/** `Accept` header for each format. `auto` prefers the most detailed one, as Prometheus does. */
export const ACCEPT: Readonly<Record<DocumentFormat | 'auto', string>> = {
  auto: `${OPEN_METRICS},${TEXT},application/json;q=0.1`,
  json: 'application/json',
  prometheus: TEXT,
  openmetrics: OPEN_METRICS,
};

const FORMATS: Readonly<Record<string, DocumentFormat>> = {
  'application/json': 'json',
  'text/plain': 'prometheus',
  'application/openmetrics-text': 'openmetrics',
};

const typeOf = (contentType: string): string => contentType.replace(/;.*/s, '').trim().toLowerCase();

/** Returns the format of a Content-Type; undefined when it is not that of a metrics document. */
export function formatOf(contentType: string): DocumentFormat | undefined {
  const type = typeOf(contentType);
  return Object.hasOwn(FORMATS, type) ? FORMATS[type] : undefined;
}

export type DocumentOptions = Pick<ResolvedOptions, 'url' | 'format' | 'labels'>;

/** Finds the parser for a Content-Type. It may throw `ERR_METRICS_UPSTREAM_INVALID`. */
export function documentParser({ url, format, labels }: DocumentOptions): (contentType: string) => Parse {
  const hasLabels = Object.keys(labels).length > 0;
  const relabel = hasLabels ? (own: LabelSet) => addLabels(own, labels) : undefined;
  // One of each for all documents: they cache the label sets of the last one.
  const parsers: Readonly<Record<DocumentFormat, Parse>> = {
    json: parseKumoMtaJson(relabel),
    prometheus: parsePrometheusText(relabel),
    openmetrics: parseOpenMetrics(relabel),
  };
  return (contentType) => {
    const known = format === 'auto' ? formatOf(contentType) : format;
    return known === undefined ? textOfUnknownType(parsers.prometheus, unknownType(contentType, url)) : parsers[known];
  };
}

/**
 * Reads Prometheus text that an upstream serves as something else, as Prometheus does. `error` is that of a document
 * whose first line is not of that format, such as a page, or that has no families.
 */
function textOfUnknownType(parse: Parse, error: MetricsError): Parse {
  return async function* (bytes, context = unlimited) {
    let isEmpty = true;
    const addFamily = () => {
      isEmpty = false;
      context.addFamily();
    };
    try {
      yield* parse(bytes, { ...context, addFamily });
    } catch (cause) {
      throw beginsMalformed(cause) ? error : cause;
    }
    if (isEmpty) throw error;
  };
}

const beginsMalformed = (error: unknown) => error instanceof MetricsError && error.message.startsWith('line 1: ');

function unknownType(contentType: string, url: URL): MetricsError {
  const type = typeOf(contentType);
  const got = type === '' ? 'none' : JSON.stringify(type);
  return upstreamError(
    url,
    'ERR_METRICS_UPSTREAM_INVALID',
    `expected the Content-Type of a metrics document, got ${got}; if it is one, set the option format`,
  );
}
