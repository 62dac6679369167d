import type { LabelSet, MetricFamily, Sample } from '../model/metric-family.ts';
import { isSameList } from '../util/is-same-list.ts';
import type { Steps } from '../util/steps.ts';
import { encodeDocument } from './encode-document.ts';
import type { Encoder } from './encoder.ts';
import type { DocumentFormat, FamilyPlan, FamilyProgress, FamilyStart, SampleWriter } from './format.ts';
import { InvalidSample } from './invalid-sample.ts';
import { declaredShape, findShape, type Shape } from './json-shape.ts';
import { createValueText, jsonString, type NonFinite, type ValueText } from './json-values.ts';
import { type FamilyLabelCache, LabelCache, type LabelTexts } from './label-cache.ts';
import { readBatches } from './read-batches.ts';
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
export function createJsonEncoder(options: JsonOptions, labelTexts: LabelTexts = new LabelCache()): Encoder {
  const format: DocumentFormat = {
    begin: '{',
    separator: ',',
    end: (isEmpty) => (isEmpty ? '}\n' : '\n}\n'),
    plan(family) {
      const known = labelTexts.find(family.name)?.plan as JsonPlan | undefined;
      return known?.isFor(family) ? known : new JsonPlan(family, options, labelTexts);
    },
  };
  return {
    format: 'json',
    contentType: 'application/json; charset=utf-8',
    encode: (families, { drops }) => encodeDocument(format, families, drops),
  };
}

/** A family's names, head and value texts. The writer is kept as well, for as long as the shape stays the same. */
class JsonPlan implements FamilyPlan {
  readonly names: readonly string[];
  readonly head: string;
  private readonly family: Pick<MetricFamily, 'name' | 'type' | 'help'>;
  private readonly labelNames: readonly string[] | undefined;
  private readonly options: JsonOptions;
  private readonly labelTexts: LabelTexts;
  private readonly valueText: ValueText;
  private texts: FamilyLabelCache | undefined;
  private writer: SampleWriter | undefined;

  constructor(family: MetricFamily, options: JsonOptions, labelTexts: LabelTexts) {
    const { name, labelNames, help } = family;
    const type = checkType(family.type);
    const helpText = helpOf(family) === undefined ? '' : `"help":${jsonString(help as string)},`;
    this.family = { name, type, help } as MetricFamily;
    this.labelNames = labelNames && [...labelNames];
    this.options = options;
    this.labelTexts = labelTexts;
    this.names = [name.toWellFormed()];
    this.head = `\n${jsonString(name)}:{${helpText}"type":"${type}","value":`;
    this.valueText = createValueText(type, options.nonFinite);
  }

  isFor({ name, type, help, labelNames }: MetricFamily): boolean {
    const { family } = this;
    return (
      family.name === name &&
      family.type === type &&
      family.help === help &&
      (this.labelNames === undefined) === (labelNames === undefined) &&
      isSameList(this.labelNames ?? [], labelNames ?? [])
    );
  }

  start(samples: MetricFamily['samples']): FamilyStart | Steps<never, FamilyStart> {
    const { labelNames, options } = this;
    if (labelNames === undefined) return this.startUndeclared(samples);
    const writer = this.isCurrent ? this.writer : this.createWriter(declaredShape(labelNames, options.singleLabel));
    return { writer: writer as SampleWriter, batches: readBatches(samples) };
  }

  /** Finds the shape from the samples of a family without `labelNames`. */
  private *startUndeclared(samples: MetricFamily['samples']): Steps<never, FamilyStart> {
    const { shape, batches } = yield* findShape(
      samples,
      this.options.singleLabel,
      (sample) => this.valueText(sample) !== undefined,
    );
    const isKnown = this.isCurrent && this.texts?.variant === JSON.stringify(shape);
    return { writer: isKnown ? (this.writer as SampleWriter) : this.createWriter(shape), batches };
  }

  /** Whether the writer's label texts were not evicted. */
  private get isCurrent(): boolean {
    return this.texts !== undefined && !this.texts.isCleared;
  }

  private createWriter(shape: Shape): SampleWriter {
    const texts = this.labelTexts.family(this.family.name, JSON.stringify(shape));
    texts.keepPlan(this);
    this.texts = texts;
    this.writer = createSampleWriter(shape, this.valueText, texts);
    return this.writer;
  }
}

function createSampleWriter(shape: Shape, valueText: ValueText, texts: FamilyLabelCache): SampleWriter {
  const { encode, ...brackets } = createShapeWriter(shape, texts);
  return {
    separator: ',',
    empty: 'null}',
    ...brackets,
    encode(sample, progress) {
      const text = valueText(sample);
      return text === undefined ? undefined : encode(sample, progress, text);
    },
    onEnd: (length) => texts.end(length),
  };
}

/** Writes a sample in its family's shape, with a comma before it. */
type SampleText = (sample: Sample, progress: FamilyProgress, valueText: string) => string;

function createShapeWriter(shape: Shape, texts: FamilyLabelCache): { open: string; close: string; encode: SampleText } {
  switch (shape.kind) {
    case 'value':
      return { open: '', close: '}', encode: bareValue };
    case 'map': {
      const key = mapKey(shape.label);
      const encode: SampleText = ({ labels }, { position }, value) => texts.textAt(position, labels, key) + value;
      return { open: `{${jsonString(shape.label)}:{`, close: '}}}', encode };
    }
    case 'list': {
      const item = listItem(shape.labels);
      const encode: SampleText = ({ labels }, { position }, value) =>
        `${texts.textAt(position, labels, item)}${value}}`;
      return { open: '[', close: ']}', encode };
    }
  }
}

const bareValue: SampleText = ({ labels }, { isEmpty }, value) => {
  if (Object.keys(labels).length > 0) throw invalidSample(labels, () => 'it has labels, and the family has none');
  if (!isEmpty) throw invalidSample(labels, () => 'it is the second one without labels');
  return `,${value}`;
};

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
