import { MetricsError } from '../errors.ts';
import type { Exemplar, MetricFamily } from '../metric-family.ts';
import { batches } from './batches.ts';
import { type DocumentSyntax, encodeDocument, type FamilyPlan } from './document.ts';
import type { EncodeOptions, Encoder } from './encoder.ts';
import { checkType } from './samples.ts';
import { labelsWriter, sampleLines } from './text-samples.ts';
import {
  canonicalFloat,
  type Escaping,
  escapeMetricName,
  metricNameText,
  openMetricsHelpText,
  textNumber,
} from './text-syntax.ts';

export interface OpenMetricsOptions {
  /** Undefined when the scraper named none: then `underscores`, and not said in the content type. */
  escaping: Escaping | undefined;
}

/**
 * OpenMetrics 1.0.0: as the Prometheus text format, and
 *
 *     document = *family "# EOF" LF
 *     family   = "# TYPE " name " " type LF [ "# UNIT " name " " unit LF ] [ "# HELP " name " " help LF ] *sample
 *     sample   = series " " value [ " # {" [ label *( "," label ) ] "} " value [ " " seconds ] ] LF
 *
 * where a counter's name lacks the `_total` that its series have, and bounds are floats.
 */
export function openMetricsEncoder({ escaping }: OpenMetricsOptions): Encoder {
  const variant = escaping === undefined ? '' : ` escaping=${escaping};`;
  return {
    format: 'openmetrics',
    contentType: `application/openmetrics-text; version=1.0.0;${variant} charset=utf-8`,
    encode: (families, options) => encodeDocument(syntax(escaping ?? 'underscores', options), families, options.losses),
  };
}

function syntax(escaping: Escaping, { prefix, losses }: EncodeOptions): DocumentSyntax {
  const nameOf = ({ name, type }: MetricFamily) => {
    const escaped = escapeMetricName(prefix + name, escaping);
    return type === 'counter' ? escaped.replace(/_total$/, '') : escaped;
  };
  return {
    begin: '',
    separator: '',
    end: () => '# EOF\n',
    nameOf,
    plan: (family) => plan(family, nameOf(family), escaping, losses),
  };
}

function plan(family: MetricFamily, name: string, escaping: Escaping, losses: EncodeOptions['losses']): FamilyPlan {
  const { type, unit, help } = family;
  const nameText = metricNameText(name);
  const typeText = checkType(type) === 'untyped' ? 'unknown' : type;
  // A unit that the name does not end in would make the document invalid.
  const unitLine = unit && name.endsWith(`_${unit}`) ? `# UNIT ${nameText} ${unit}\n` : '';
  const helpLine = help === undefined ? '' : `# HELP ${nameText} ${openMetricsHelpText(help)}\n`;
  const exemplar = exemplarWriter(escaping, (error) => losses.sample(error, family.name));
  return {
    head: `# TYPE ${nameText} ${typeText}\n${unitLine}${helpLine}`,
    samples: batches(family.samples),
    encode: sampleLines(type, type === 'counter' ? `${name}_total` : name, {
      escaping,
      bound: canonicalFloat,
      exemplar,
    }),
  };
}

/** Code points of label names and values together (OpenMetrics 1.0, "Exemplars"). */
const MAX_EXEMPLAR_LENGTH = 128;

function exemplarWriter(escaping: Escaping, lost: (error: unknown) => void) {
  const labelsText = labelsWriter(escaping);
  return (exemplar: Exemplar | undefined): string => {
    if (!exemplar) return '';
    try {
      const { labels, value, timestamp } = exemplar;
      const length = Object.entries(labels).reduce((sum, [name, text]) => sum + [...`${name}${text}`].length, 0);
      if (length > MAX_EXEMPLAR_LENGTH) {
        throw new MetricsError('INVALID_SAMPLE', `an exemplar's labels have ${length} characters; 128 are allowed`);
      }
      const seconds = timestamp === undefined ? '' : ` ${textNumber(timestamp)}`;
      return ` # {${labelsText(labels)}} ${textNumber(value)}${seconds}`;
    } catch (error) {
      lost(error);
      return '';
    }
  };
}
