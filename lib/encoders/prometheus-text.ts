import type { MetricFamily } from '../model/metric-family.ts';
import type { Encoder } from './encoder.ts';
import { LabelCache, type LabelTexts } from './label-cache.ts';
import { checkType, helpOf } from './samples.ts';
import { createTextEncode, type TextHeader } from './text-plan.ts';
import { seriesNames, type TextDialect } from './text-samples.ts';
import { type Escaping, helpText, metricNameText, textNumber } from './text-syntax.ts';

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
  labelTexts: LabelTexts = new LabelCache(),
): Encoder {
  const dialect: TextDialect = { escaping, canSumNegatives: true, bound: textNumber };
  const variant = version === '0.0.4' ? '' : ` escaping=${escaping};`;
  return {
    format: 'prometheus-text',
    contentType: `text/plain; version=${version};${variant} charset=utf-8`,
    encode: createTextEncode({ dialect, labelTexts, footer: '', header }),
  };
}

function header(family: MetricFamily, name: string): TextHeader {
  const type = checkType(family.type);
  const nameText = metricNameText(name);
  const help = helpOf(family);
  const helpLine = help === undefined ? '' : `# HELP ${nameText} ${helpText(help)}\n`;
  return { names: seriesNames(type, name), head: `${helpLine}# TYPE ${nameText} ${type}\n`, seriesName: name, type };
}
