import type { MetricFamily } from '../model/metric-family.ts';
import { createBatches } from './batches.ts';
import { encodeDocument, type FormatWriter } from './document.ts';
import type { Encoder } from './encoder.ts';
import { LabelCache, type LabelTextSource, uncachedLabels } from './label-cache.ts';
import { checkType, helpOf } from './samples.ts';
import { createSampleLines, seriesNames, type TextDialect } from './text-samples.ts';
import { type Escaping, escapeMetricName, helpText, metricNameText, textNumber } from './text-syntax.ts';

export interface PrometheusTextOptions {
  version: '0.0.4' | '1.0.0';
  /** Always `underscores` for 0.0.4. */
  escaping: Escaping;
}

/**
 * Creates the encoder of the Prometheus text format. Version 1.0.0 is 0.0.4 plus names of any characters, which
 * are quoted inside the braces:
 *
 *     family = [ "# HELP " name " " help LF ] "# TYPE " name " " type LF *sample
 *     sample = series " " value LF
 *     series = name [ "{" label *( "," label ) "}" ] / "{" DQUOTE name DQUOTE *( "," label ) "}"
 *     label  = ( name / DQUOTE name DQUOTE ) "=" DQUOTE value DQUOTE
 */
export function createPrometheusTextEncoder(
  { version, escaping }: PrometheusTextOptions,
  labelTexts: LabelTextSource = new LabelCache(),
): Encoder {
  const dialect: TextDialect = { escaping, bound: textNumber };
  const variant = version === '0.0.4' ? '' : ` escaping=${escaping};`;
  return {
    format: 'prometheus-text',
    contentType: `text/plain; version=${version};${variant} charset=utf-8`,
    encode(families, { prefix, drops }) {
      const nameOf = (family: MetricFamily) => escapeMetricName(prefix + family.name, escaping);
      return encodeDocument(
        createWriter(nameOf, dialect, prefix === '' ? labelTexts : uncachedLabels),
        families,
        drops,
      );
    },
  };
}

function createWriter(
  nameOf: (family: MetricFamily) => string,
  dialect: TextDialect,
  labelTexts: LabelTextSource,
): FormatWriter {
  return {
    end: () => '',
    familyNames: (family) => seriesNames(family.type, nameOf(family)),
    startFamily(family) {
      const type = checkType(family.type);
      const name = nameOf(family);
      const nameText = metricNameText(name);
      const help = helpOf(family);
      const helpLine = help === undefined ? '' : `# HELP ${nameText} ${helpText(help)}\n`;
      const texts = labelTexts.family(name, type);
      return {
        head: `${helpLine}# TYPE ${nameText} ${type}\n`,
        samples: createBatches(family.samples),
        encode: createSampleLines(type, name, dialect, texts),
        onEnd: (length) => texts.end(length),
      };
    },
  };
}
