import { MetricsError } from '../errors.ts';
import type { HistogramValue, MetricFamily, Sample, SummaryValue } from '../metric-family.ts';
import { type DocumentSyntax, encodeDocument, type FamilyPlan } from './document.ts';
import type { Encoder } from './encoder.ts';
import { findShape, type Shape } from './json-shape.ts';
import { jsonString, type NonFinite, numberText } from './json-text.ts';
import { checkType, histogramOf, labelValue, numberOf, summaryOf } from './samples.ts';

export interface JsonOptions {
  singleLabel: 'map' | 'list';
  nonFinite: NonFinite;
}

/**
 * The JSON document of KumoMTA's `GET /metrics.json`, a family to a line:
 *
 *     document = "{" [ LF family *( "," LF family ) ] LF "}" LF     ; without families "{}" LF
 *     family   = name ":{" [ help "," ] type "," value "}"
 *     value    = null                                              ; no samples
 *              / number                                            ; one, without labels
 *              / { label name: { label value: number … } }         ; each with the same single label
 *              / [ { label name: label value …, "@": number } … ]  ; anything else
 *
 * For `number`, a histogram has `{count,sum,avg,bucket:[[bound,count]…]}` and a summary
 * `{count,sum,avg,quantile:[[quantile,value]…]}`.
 */
export function jsonEncoder(options: JsonOptions): Encoder {
  const syntax: DocumentSyntax = {
    begin: '{',
    separator: ',',
    end: (written) => (written === 0 ? '}\n' : '\n}\n'),
    nameOf: (family) => family.name,
    plan: (family) => plan(family, options),
  };
  return {
    format: 'json',
    contentType: 'application/json; charset=utf-8',
    encode: (families, { losses }) => encodeDocument(syntax, families, losses),
  };
}

async function plan(family: MetricFamily, options: JsonOptions): Promise<FamilyPlan> {
  const type = checkType(family.type);
  const valueText = valueEncoder(family, options.nonFinite);
  const { shape, samples } = await findShape(family, options.singleLabel, (sample) => valueText(sample) !== undefined);
  const help = family.help === undefined ? '' : `"help":${jsonString(family.help)},`;
  return {
    head: `\n${jsonString(family.name)}:{${help}"type":"${type}","value":`,
    separator: ',',
    empty: 'null}',
    samples,
    ...shapeSyntax(shape, valueText),
  };
}

function shapeSyntax(shape: Shape, valueText: (sample: Sample) => string | undefined) {
  switch (shape.kind) {
    case 'value':
      return { open: '', close: '}', encode: bareValue(valueText) };
    case 'map':
      return { open: `{${jsonString(shape.label)}:{`, close: '}}}', encode: mapEntry(shape.label, valueText) };
    case 'list':
      return { open: '[', close: ']}', encode: listItem(shape.labels, valueText) };
  }
}

type SampleText = (sample: Sample) => string | undefined;

function bareValue(valueText: SampleText): SampleText {
  let isWritten = false;
  return (sample) => {
    if (Object.keys(sample.labels).length > 0)
      throw new MetricsError('INVALID_SAMPLE', 'it has labels, and the family has none');
    if (isWritten) throw new MetricsError('INVALID_SAMPLE', 'it is the second one without labels');
    const text = valueText(sample);
    isWritten = text !== undefined;
    return text;
  };
}

function mapEntry(label: string, valueText: SampleText): SampleText {
  return (sample) => {
    const names = Object.keys(sample.labels);
    if (names.length !== 1 || names[0] !== label) {
      throw new MetricsError('INVALID_SAMPLE', `it has not just the label "${label}", as its family`);
    }
    const text = valueText(sample);
    return text === undefined ? undefined : `${jsonString(labelValue(sample.labels, label))}:${text}`;
  };
}

function listItem(declared: ReadonlySet<string> | undefined, valueText: SampleText): SampleText {
  return (sample) => {
    let labels = '';
    for (const name of Object.keys(sample.labels)) {
      if (name === '@') throw new MetricsError('INVALID_SAMPLE', 'it has a label "@", which is where the value stands');
      if (declared?.has(name) === false)
        throw new MetricsError('INVALID_SAMPLE', `its label "${name}" is not in labelNames`);
      labels += `${jsonString(name)}:${jsonString(labelValue(sample.labels, name))},`;
    }
    const text = valueText(sample);
    return text === undefined ? undefined : `{${labels}"@":${text}}`;
  };
}

/** The text of a sample's value; undefined when `nonFinite: 'omit'` leaves it out. */
function valueEncoder({ type }: MetricFamily, nonFinite: NonFinite): SampleText {
  const number = (value: number) => numberText(value, nonFinite);
  switch (type) {
    case 'histogram':
      return (sample) => withPairs('bucket', histogramOf(sample), number);
    case 'summary':
      return (sample) => withPairs('quantile', summaryOf(sample), number);
    default:
      return (sample) => number(numberOf(sample));
  }
}

function withPairs(
  name: 'bucket' | 'quantile',
  value: HistogramValue | SummaryValue,
  number: (value: number) => string | undefined,
) {
  const { count, sum } = value;
  const [keys, values] = 'bounds' in value ? [value.bounds, value.cumulativeCounts] : [value.quantiles, value.values];
  const total = sum === undefined ? 'null' : number(sum);
  const average = sum === undefined ? 'null' : number(count === 0 ? 0 : sum / count);
  if (total === undefined || average === undefined) return undefined;
  let pairs = '';
  for (let i = 0; i < keys.length; i++) {
    const text = number(values[i] as number);
    if (text === undefined) return undefined;
    pairs += `${i === 0 ? '' : ','}[${number(keys[i] as number)},${text}]`;
  }
  return `{"count":${count},"sum":${total},"avg":${average},"${name}":[${pairs}]}`;
}
