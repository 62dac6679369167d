import type { MetricFamily, MetricType } from '../model/metric-family.ts';
import { encodeDocument } from './encode-document.ts';
import type { Encoder } from './encoder.ts';
import type { DocumentFormat, FamilyPlan, FamilyStart, SampleWriter } from './format.ts';
import { type LabelTexts, uncachedLabels } from './label-cache.ts';
import { readBatches } from './read-batches.ts';
import { createSampleLines, type TextDialect } from './text-samples.ts';
import { escapeMetricName } from './text-syntax.ts';

/** What a text format writes for a family besides its samples. */
export interface TextHeader {
  readonly names: readonly string[];
  readonly head: string;
  /** Name of the samples' series, escaped. */
  readonly seriesName: string;
  /** The type with which it is written. */
  readonly type: MetricType;
  /** How the family is written as untyped if its names are taken. */
  readonly alternative?: TextHeader;
}

export interface TextFormatOptions {
  readonly dialect: TextDialect;
  readonly labelTexts: LabelTexts;
  readonly footer: string;
  /** `name` is the family's, with the prefix and escaped. */
  header(family: MetricFamily, name: string): TextHeader;
}

/** Creates `encode` of an encoder whose families are lines of text. */
export function createTextEncode(options: TextFormatOptions): Encoder['encode'] {
  const unprefixed = createTextFormat(options, '');
  return (families, { prefix, drops }) => {
    const format = prefix === '' ? unprefixed : createTextFormat({ ...options, labelTexts: uncachedLabels }, prefix);
    return encodeDocument(format, families, drops);
  };
}

function createTextFormat({ dialect, labelTexts, footer, header }: TextFormatOptions, prefix: string): DocumentFormat {
  return {
    begin: '',
    separator: '',
    end: () => footer,
    plan(family) {
      const known = labelTexts.find(family.name)?.plan as TextPlan | undefined;
      if (known?.isFor(family)) return known;
      const familyHeader = header(family, escapeMetricName(prefix + family.name, dialect.escaping));
      return new TextPlan(family, familyHeader, dialect, labelTexts);
    },
  };
}

class TextPlan implements FamilyPlan {
  readonly names: readonly string[];
  readonly head: string;
  readonly alternative: FamilyPlan['alternative'];
  private readonly family: Pick<MetricFamily, 'name' | 'type' | 'help' | 'unit'>;
  private readonly writer: SampleWriter;

  constructor(
    family: MetricFamily,
    { names, head, seriesName, type, alternative }: TextHeader,
    dialect: TextDialect,
    labelTexts: LabelTexts,
  ) {
    const { name, help, unit } = family;
    const texts = labelTexts.family(name, type === family.type ? type : `${family.type} as ${type}`);
    this.family = { name, type: family.type, help, unit } as MetricFamily;
    this.names = names;
    this.head = head;
    this.alternative = alternative && (() => new TextPlan(family, alternative, dialect, labelTexts));
    this.writer = {
      open: '',
      separator: '',
      close: '',
      empty: '',
      encode: createSampleLines(type, seriesName, dialect, texts),
      onEnd: (length) => texts.end(length),
    };
    texts.keepPlan(this);
  }

  isFor({ name, type, help, unit }: MetricFamily): boolean {
    const { family } = this;
    return family.name === name && family.type === type && family.help === help && family.unit === unit;
  }

  start(samples: MetricFamily['samples']): FamilyStart {
    return { writer: this.writer, batches: readBatches(samples) };
  }
}
