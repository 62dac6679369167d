import type { Exemplar, MetricFamily } from '../model/metric-family.ts';
import { createBatches } from './batches.ts';
import { encodeDocument, type FamilyWriter, type FormatWriter } from './document.ts';
import type { EncodeOptions, Encoder } from './encoder.ts';
import { errorOf, InvalidSample } from './invalid-sample.ts';
import { type FamilyLabelCache, LabelCache, type LabelTextSource, uncachedLabels } from './label-cache.ts';
import { checkType, helpOf } from './samples.ts';
import { createLabelsWriter, createSampleLines, seriesNames, type TextDialect } from './text-samples.ts';
import {
  canonicalFloat,
  type Escaping,
  escapeMetricName,
  metricNameText,
  openMetricsHelpText,
  textNumber,
} from './text-syntax.ts';

const UNIT = /^[a-zA-Z0-9_:]+$/;
/** Maximum code points of an exemplar's label names and values together (OpenMetrics 1.0, "Exemplars"). */
const MAX_EXEMPLAR_LENGTH = 128;

export interface OpenMetricsOptions {
  /** Undefined when the scraper named none: `underscores` is used then, and the content type does not name it. */
  escaping: Escaping | undefined;
}

/**
 * Creates the encoder of OpenMetrics 1.0.0. It differs from the Prometheus text format in:
 *
 *     document = *family "# EOF" LF
 *     family   = "# TYPE " name " " type LF [ "# UNIT " name " " unit LF ] [ "# HELP " name " " help LF ] *sample
 *     sample   = series " " value [ " # {" [ label *( "," label ) ] "} " value [ " " seconds ] ] LF
 *
 * A counter's name lacks the `_total` that its series have, and bounds are written as floats.
 */
export function createOpenMetricsEncoder(
  { escaping }: OpenMetricsOptions,
  labelTexts: LabelTextSource = new LabelCache(),
): Encoder {
  const variant = escaping === undefined ? '' : ` escaping=${escaping};`;
  return {
    format: 'openmetrics',
    contentType: `application/openmetrics-text; version=1.0.0;${variant} charset=utf-8`,
    encode: (families, options) =>
      encodeDocument(
        createWriter(escaping ?? 'underscores', options, options.prefix === '' ? labelTexts : uncachedLabels),
        families,
        options.drops,
      ),
  };
}

function createWriter(escaping: Escaping, { prefix, drops }: EncodeOptions, labelTexts: LabelTextSource): FormatWriter {
  const nameOf = ({ name, type }: MetricFamily) => {
    const escaped = escapeMetricName(prefix + name, escaping);
    return type === 'counter' ? escaped.replace(/(?<=.)_total$/s, '') : escaped;
  };
  return {
    end: () => '# EOF\n',
    familyNames(family) {
      const name = nameOf(family);
      return family.type === 'counter' ? [name, `${name}_total`] : seriesNames(family.type, name);
    },
    startFamily(family) {
      const name = nameOf(family);
      const exemplar = createExemplarWriter(escaping, (thrown) => drops.sample(() => errorOf(thrown), family.name));
      const texts = labelTexts.family(name, checkType(family.type));
      return startFamily(family, name, { escaping, bound: canonicalFloat, exemplar }, texts);
    },
  };
}

function startFamily(family: MetricFamily, name: string, dialect: TextDialect, texts: FamilyLabelCache): FamilyWriter {
  const { type, unit } = family;
  const help = helpOf(family);
  const nameText = metricNameText(name);
  const typeText = type === 'untyped' ? 'unknown' : type;
  // A unit that is not a valid name, or with which the family's name does not end, would make the document invalid.
  const hasUnit = unit !== undefined && UNIT.test(unit) && name.endsWith(`_${unit}`);
  const unitLine = hasUnit ? `# UNIT ${nameText} ${unit}\n` : '';
  const helpLine = help === undefined ? '' : `# HELP ${nameText} ${openMetricsHelpText(help)}\n`;
  return {
    head: `# TYPE ${nameText} ${typeText}\n${unitLine}${helpLine}`,
    samples: createBatches(family.samples),
    encode: createSampleLines(type, type === 'counter' ? `${name}_total` : name, dialect, texts),
    onEnd: (length) => texts.end(length),
  };
}

function createExemplarWriter(escaping: Escaping, onDropped: (thrown: unknown) => void) {
  const labelsText = createLabelsWriter(escaping);
  return (exemplar: Exemplar | undefined): string => {
    if (!exemplar) return '';
    try {
      const { labels, value, timestamp } = exemplar;
      const length = Object.entries(labels).reduce((sum, [name, text]) => sum + [...`${name}${text}`].length, 0);
      if (length > MAX_EXEMPLAR_LENGTH) {
        throw new InvalidSample(() => `an exemplar's labels have ${length} characters; 128 are allowed`);
      }
      if (typeof value !== 'number' || !(timestamp === undefined || Number.isFinite(timestamp))) {
        throw new InvalidSample(() => "an exemplar's value and timestamp are not numbers");
      }
      const seconds = timestamp === undefined ? '' : ` ${textNumber(timestamp)}`;
      return ` # {${labelsText(labels)}} ${textNumber(value)}${seconds}`;
    } catch (thrown) {
      onDropped(thrown);
      return '';
    }
  };
}
