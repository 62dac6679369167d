import type { LabelSet, MetricFamily, Sample } from '../model/metric-family.ts';
import { encodeDocument, type FamilyWriter, type FormatWriter } from './document.ts';
import type { Encoder } from './encoder.ts';
import { InvalidSample } from './invalid-sample.ts';
import { findShape, type Shape } from './json-shape.ts';
import { createValueText, jsonString, type NonFinite } from './json-values.ts';
import { type FamilyLabelCache, LabelCache, type LabelTextSource } from './label-cache.ts';
import { checkType, helpOf, labelValue } from './samples.ts';

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
export function createJsonEncoder(options: JsonOptions, labelTexts: LabelTextSource = new LabelCache()): Encoder {
  const writer: FormatWriter = {
    begin: '{',
    separator: ',',
    end: (isEmpty) => (isEmpty ? '}\n' : '\n}\n'),
    familyNames: (family) => [family.name.toWellFormed()],
    startFamily: (family) => startFamily(family, options, labelTexts),
  };
  return {
    format: 'json',
    contentType: 'application/json; charset=utf-8',
    encode: (families, { drops }) => encodeDocument(writer, families, drops),
  };
}

async function startFamily(
  family: MetricFamily,
  options: JsonOptions,
  labelTexts: LabelTextSource,
): Promise<FamilyWriter> {
  const type = checkType(family.type);
  const help = helpOf(family);
  const helpText = help === undefined ? '' : `"help":${jsonString(help)},`;
  const textOf = createValueText(type, options.nonFinite);
  // The last step, as it pulls samples: an error after it would leave their iterator open.
  const { shape, samples } = await findShape(family, options.singleLabel, (sample) => textOf(sample) !== undefined);
  const texts = labelTexts.family(family.name, JSON.stringify(shape));
  const { encode, ...brackets } = createShapeWriter(shape, texts);
  return {
    head: `\n${jsonString(family.name)}:{${helpText}"type":"${type}","value":`,
    separator: ',',
    empty: 'null}',
    samples,
    ...brackets,
    encode(sample, position) {
      const text = textOf(sample);
      return text === undefined ? undefined : encode(sample, position, text);
    },
    onEnd: (length) => texts.end(length),
  };
}

/** Writes a sample in its family's shape, with a comma before it. */
type SampleText = (sample: Sample, position: number, valueText: string) => string;

function createShapeWriter(shape: Shape, texts: FamilyLabelCache): { open: string; close: string; encode: SampleText } {
  switch (shape.kind) {
    case 'value':
      return { open: '', close: '}', encode: createBareValue() };
    case 'map': {
      const key = mapKey(shape.label);
      const encode: SampleText = ({ labels }, position, value) => texts.textAt(position, labels, key) + value;
      return { open: `{${jsonString(shape.label)}:{`, close: '}}}', encode };
    }
    case 'list': {
      const item = listItem(shape.labels);
      const encode: SampleText = ({ labels }, position, value) => `${texts.textAt(position, labels, item)}${value}}`;
      return { open: '[', close: ']}', encode };
    }
  }
}

function createBareValue(): SampleText {
  let isWritten = false;
  return ({ labels }, _position, value) => {
    if (Object.keys(labels).length > 0) throw invalidSample(labels, () => 'it has labels, and the family has none');
    if (isWritten) throw invalidSample(labels, () => 'it is the second one without labels');
    isWritten = true;
    return `,${value}`;
  };
}

const mapKey = (label: string) => (labels: LabelSet) => {
  const names = Object.keys(labels);
  if (names.length !== 1 || names[0] !== label) {
    throw invalidSample(labels, () => `it has not just the label "${label}", as its family`);
  }
  return `,${jsonString(labelValue(labels, label))}:`;
};

const listItem = (declared: readonly string[] | undefined) => (labels: LabelSet) => {
  let text = ',{';
  for (const name of Object.keys(labels)) {
    if (name === '@') throw invalidSample(labels, () => 'it has a label "@", which is where the value stands');
    if (declared?.includes(name) === false)
      throw invalidSample(labels, () => `its label "${name}" is not in labelNames`);
    text += `${jsonString(name)}:${jsonString(labelValue(labels, name))},`;
  }
  return `${text}"@":`;
};

function invalidSample(labels: LabelSet, describe: () => string): InvalidSample {
  // A label value that is not a string is the better reason: it was ignored when the shape was determined.
  for (const name of Object.keys(labels)) labelValue(labels, name);
  return new InvalidSample(describe);
}
