import type { MetricFamily, MetricType } from '../model/metric-family.ts';
import type { CreatedHeader } from './created-lines.ts';
import type { Encoder } from './encoder.ts';
import { InvalidSample } from './invalid-sample.ts';
import { LabelCache, type LabelTexts } from './label-cache.ts';
import { checkType, helpOf } from './samples.ts';
import { createTextEncode, type TextHeader } from './text-plan.ts';
import { createLabelsWriter, seriesNames, type TextDialect } from './text-samples.ts';
import {
  canonicalFloat,
  type Escaping,
  metricNameText,
  openMetricsHelpText,
  seriesText,
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
 * A counter's name lacks the `_total` that its series have, and bounds are written as floats. A counter whose names
 * clash with those of another family is written as `unknown`, under its full name, and a histogram or summary as one
 * `unknown` family for each name of its series. An untyped family `x_created` becomes a part of the family `x`.
 */
export function createOpenMetricsEncoder(
  { escaping }: OpenMetricsOptions,
  labelTexts: LabelTexts = new LabelCache(),
): Encoder {
  const variant = escaping === undefined ? '' : ` escaping=${escaping};`;
  const scheme = escaping ?? 'underscores';
  const dialect: TextDialect = {
    escaping: scheme,
    canSumNegatives: false,
    bound: canonicalFloat,
    exemplar: createExemplarWriter(scheme),
  };
  return {
    format: 'openmetrics',
    contentType: `application/openmetrics-text; version=1.0.0;${variant} charset=utf-8`,
    encode: createTextEncode({ dialect, labelTexts, footer: '# EOF\n', header }),
  };
}

function header(family: MetricFamily, escapedName: string): TextHeader {
  const type = checkType(family.type);
  if (type === 'histogram' || type === 'summary') return distributionHeader(family, type, escapedName);
  if (type !== 'counter') return familyHeader(family, type, escapedName);
  const name = escapedName.replace(/(?<=.)_total$/s, '');
  return {
    ...familyHeader(family, type, name),
    names: [name, `${name}_total`, `${name}_created`],
    seriesName: `${name}_total`,
    created: createdHeader(name, '_total'),
    alternative: familyHeader(family, 'untyped', escapedName),
  };
}

const createdHeader = (name: string, lastSuffix: string): CreatedHeader => ({
  name: `${name}_created`,
  prefix: seriesText(`${name}_created`).prefix,
  lastPrefix: seriesText(name + lastSuffix).prefix,
});

/** Next to a family that has the name `…_created` and cannot be a part of it, the series are families of their own. */
function distributionHeader(family: MetricFamily, type: 'histogram' | 'summary', name: string): TextHeader {
  const described = familyHeader(family, type, name);
  const part = (suffix: string) => familyHeader(family, 'untyped', name + suffix);
  const keyed = part(type === 'histogram' ? '_bucket' : '');
  const totals = ['_sum', '_count'].map((suffix) => ({ ...part(suffix), prefix: seriesText(name + suffix).prefix }));
  const names = [keyed, ...totals].flatMap((one) => one.names);
  const alternative = { names, head: keyed.head, seriesName: name, type, totals };
  const created = createdHeader(name, '_count');
  return { ...described, names: [...described.names, created.name], created, alternative };
}

function familyHeader(family: MetricFamily, type: MetricType, name: string): TextHeader {
  const nameText = metricNameText(name);
  const help = helpOf(family);
  const helpLine = help === undefined ? '' : `# HELP ${nameText} ${openMetricsHelpText(help)}\n`;
  return {
    names: seriesNames(type, name),
    head: `# TYPE ${nameText} ${type === 'untyped' ? 'unknown' : type}\n${unitLine(family, name, nameText)}${helpLine}`,
    seriesName: name,
    type,
  };
}

/** A unit that is not a valid name, or with which the family's name does not end, would make the document invalid. */
function unitLine({ unit }: MetricFamily, name: string, nameText: string): string {
  const hasUnit = unit !== undefined && UNIT.test(unit) && name.endsWith(`_${unit}`);
  return hasUnit ? `# UNIT ${nameText} ${unit}\n` : '';
}

function createExemplarWriter(escaping: Escaping): NonNullable<TextDialect['exemplar']> {
  const labelsText = createLabelsWriter(escaping);
  return (exemplar, progress) => {
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
      progress.onDropped(thrown);
      return '';
    }
  };
}
