import type { HistogramValue, MetricFamily, MetricType, Sample } from '../model/metric-family.ts';
import { isPromise, type Steps, waitFor } from '../util/steps.ts';
import type { SampleBatches } from './batches.ts';
import { type CreatedHeader, withCreated } from './created-lines.ts';
import { encodeDocument } from './encode-document.ts';
import type { Encoder } from './encoder.ts';
import type { AlternativePlan, DocumentFormat, FamilyPlan, FamilyStart, SampleWriter } from './format.ts';
import { type LabelTexts, uncachedLabels } from './label-cache.ts';
import { concatBatches, readBatches } from './read-batches.ts';
import { separateTotals, type TotalsHeader, withSeparateTotals } from './separate-totals.ts';
import { KnownNames } from './taken-names.ts';
import { createSampleLines, type TextDialect } from './text-samples.ts';
import { escapeMetricName, seriesText, withoutExemplars } from './text-syntax.ts';

/** What a text format writes for a family besides its samples. */
export interface TextHeader {
  readonly names: readonly string[];
  readonly head: string;
  /** Name of the samples' series, escaped. */
  readonly seriesName: string;
  /** The type with which it is written. */
  readonly type: MetricType;
  /** Heads of the sums and counts of a histogram or summary whose series are untyped families. */
  readonly totals?: readonly TotalsHeader[];
  /** Times of creation, which may come as a family of their own. */
  readonly created?: CreatedHeader;
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
  const knownNames = new KnownNames();
  const unprefixed = createTextFormat(options, '', knownNames);
  return (families, { prefix, drops }) => {
    const format =
      prefix === '' ? unprefixed : createTextFormat({ ...options, labelTexts: uncachedLabels }, prefix, knownNames);
    return encodeDocument(format, families, drops);
  };
}

function createTextFormat(
  { dialect, labelTexts, footer, header }: TextFormatOptions,
  prefix: string,
  knownNames: KnownNames,
): DocumentFormat {
  return {
    begin: '',
    separator: '',
    end: () => footer,
    plan(family) {
      const known = labelTexts.find(family.name)?.plan as TextPlan | undefined;
      if (known?.isFor(family)) return known;
      const familyHeader = header(family, escapeMetricName(prefix + family.name, dialect.escaping));
      const { alternative } = familyHeader;
      if (alternative === undefined) return new TextPlan(family, familyHeader, dialect, labelTexts);
      const create = () => {
        knownNames.add(family.name, 'clashes');
        return new TextPlan(family, alternative, dialect, labelTexts);
      };
      if (knownNames.get(family.name) === 'clashes') return create();
      const alternativePlan = {
        names: alternative.names,
        isLastResort: alternative.totals !== undefined,
        create,
        rewrite: rewriteFrom(familyHeader, alternative),
        ...partOf(familyHeader),
      };
      return new TextPlan(family, familyHeader, dialect, labelTexts, alternativePlan, knownNames);
    },
  };
}

/** Untyped series may not have exemplars, and those of a counter may have another name. */
function rewriteFrom({ head, seriesName }: TextHeader, alternative: TextHeader): AlternativePlan['rewrite'] {
  const { totals = [] } = alternative;
  const { prefix } = seriesText(seriesName);
  const newPrefix = seriesText(alternative.seriesName).prefix;
  return (text) => {
    const lines = withoutExemplars(text.slice(head.length));
    const renamed = prefix === newPrefix ? lines : replacePrefixes(lines, prefix, newPrefix);
    return alternative.head + separateTotals(renamed, totals);
  };
}

/** Replaces the prefix with which each of the lines begins. */
const replacePrefixes = (lines: string, prefix: string, newPrefix: string) =>
  `\n${lines}`.replaceAll(`\n${prefix}`, () => `\n${newPrefix}`).slice(1);

function partOf({ created }: TextHeader): Pick<AlternativePlan, 'partName' | 'withPart'> {
  if (created === undefined) return {};
  return { partName: created.name, withPart: (text, lines) => withCreated(text, lines, created) };
}

/** Series of a histogram or summary that are untyped families may have any total, and no exemplars. */
function dialectFor({ exemplar, ...dialect }: TextDialect, totals: TextHeader['totals']): TextDialect {
  if (totals !== undefined) return { ...dialect, canSumNegatives: true };
  return exemplar === undefined ? dialect : { ...dialect, exemplar };
}

/** Accepts any value: those that are not samples are dropped when they are written. */
function hasNegativeBound(sample: Sample): boolean {
  try {
    return ((sample.value as HistogramValue).bounds[0] as number) < 0;
  } catch {
    return false;
  }
}

class TextPlan implements FamilyPlan {
  readonly names: readonly string[];
  readonly head: string;
  readonly alternative: AlternativePlan | undefined;
  isKnownToFit: boolean;
  awaitsPart: boolean;
  readonly canBePart: boolean;
  private readonly knownNames: KnownNames | undefined;
  private readonly family: Pick<MetricFamily, 'name' | 'type' | 'help' | 'unit'>;
  private readonly writer: SampleWriter;
  /** Whether the totals of a histogram with a bound below 0 cannot be written. */
  private readonly mayLoseTotals: boolean;

  constructor(
    family: MetricFamily,
    { names, head, seriesName, type, totals }: TextHeader,
    dialect: TextDialect,
    labelTexts: LabelTexts,
    alternative?: AlternativePlan,
    knownNames?: KnownNames,
  ) {
    const { name, help, unit } = family;
    this.mayLoseTotals = type === 'histogram' && totals === undefined && !dialect.canSumNegatives;
    const texts = labelTexts.family(name, type === family.type ? type : `${family.type} as ${type}`);
    this.family = { name, type: family.type, help, unit } as MetricFamily;
    this.names = names;
    this.head = head;
    this.alternative = alternative;
    this.knownNames = knownNames;
    // A gauge of this name may be something else.
    this.canBePart = family.type === 'untyped';
    const known = knownNames?.get(name);
    this.isKnownToFit = known === 'fits';
    this.awaitsPart = known === 'awaits-part';
    const writer: SampleWriter = {
      open: '',
      separator: '',
      close: '',
      empty: '',
      encode: createSampleLines(type, seriesName, dialectFor(dialect, totals), texts),
      onEnd: (length) => texts.end(length),
    };
    this.writer = totals === undefined ? writer : withSeparateTotals(writer, totals);
    texts.keepPlan(this);
  }

  isFor({ name, type, help, unit }: MetricFamily): boolean {
    const { family } = this;
    return family.name === name && family.type === type && family.help === help && family.unit === unit;
  }

  onFit(): void {
    this.isKnownToFit = true;
    this.awaitsPart = false;
    this.knownNames?.add(this.family.name, 'fits');
  }

  onLatePart(): void {
    this.isKnownToFit = false;
    this.awaitsPart = true;
    this.knownNames?.add(this.family.name, 'awaits-part');
  }

  start(samples: MetricFamily['samples']): FamilyStart | Steps<never, FamilyStart> {
    const batches = readBatches(samples);
    return this.mayLoseTotals ? this.startHistogram(batches) : { writer: this.writer, batches };
  }

  /** Writes the series of a histogram as families if the first samples have totals that it cannot have. */
  private *startHistogram(batches: SampleBatches): Steps<never, FamilyStart> {
    let isUnused = true;
    try {
      const next = batches.next();
      const first = isPromise(next) ? yield* waitFor(next) : next;
      isUnused = false;
      const { writer } = this;
      if (first === undefined) return { writer, batches };
      const all = concatBatches(first, batches);
      const plan = first.some(hasNegativeBound) ? this.alternative?.create() : undefined;
      return plan instanceof TextPlan ? { writer: plan.writer, batches: all, plan } : { writer, batches: all };
    } finally {
      if (isUnused) batches.close();
    }
  }
}
