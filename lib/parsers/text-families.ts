import type { ParseContext, ParsedFamily, ParsedSamples } from '../model/parser.ts';
import { markFor } from '../model/series-mark.ts';
import { FamilyLines, type FamilyText } from './family-text.ts';
import type { LabelSetCache } from './label-set-cache.ts';
import { SimpleSamples } from './simple-samples.ts';
import { excerpt, type TextFormat } from './text-cursor.ts';
import { TextDocument } from './text-document.ts';
import { type Misfit, SampleGroups } from './text-groups.ts';
import type { FamilyHeader } from './text-headers.ts';
import { ReadSamples, type SamplesContext, TextSamples } from './text-samples.ts';
import { SeriesReader } from './text-series.ts';
import { isGrouped } from './text-types.ts';

/** Yields the families of a document. Only the label sets are cached for the next one. */
export async function* readFamilies(
  bytes: AsyncIterable<Uint8Array>,
  format: TextFormat,
  labelCache: LabelSetCache,
  context: ParseContext,
): AsyncGenerator<ParsedFamily, void> {
  const document = new TextDocument(bytes, format, context, labelCache.texts);
  const reader = new FamilyReader(document, format, labelCache, context);
  labelCache.beginDocument();
  try {
    for (;;) {
      const family = document.isEnded ? document.nextOfRest() : await document.next();
      if (family === undefined) return;
      const samples = reader.samplesOf(family);
      const read = samples instanceof SampleGroups ? await reader.readGroups(family, samples) : samples;
      if (read !== undefined) yield describe(family, read, document.wholeOf(family));
      if (read instanceof TextSamples) read.throwIfFailed();
      do document.release(family);
      while (document.isOpen(family) && (await document.readMore(family)));
    }
  } finally {
    await document.close();
  }
}

/** Reads the families of one document. */
class FamilyReader implements SamplesContext {
  readonly document: TextDocument;
  private readonly labelCache: LabelSetCache;
  readonly context: ParseContext;
  readonly series: SeriesReader;
  /** Lines of the family that is being read. */
  private lines = new FamilyLines([]);
  /** The series of a histogram or summary, and the length of their labels, that were counted. */
  private count = 0;
  private labelLength = 0;

  constructor(document: TextDocument, format: TextFormat, labelCache: LabelSetCache, context: ParseContext) {
    this.document = document;
    this.labelCache = labelCache;
    this.context = context;
    this.series = new SeriesReader(format, (reason) => this.lines.malformed(reason));
  }

  samplesOf(family: FamilyText): TextSamples {
    const labels = this.labelCache.family(family.name);
    const { type } = family;
    if (type !== undefined && isGrouped(type)) return new SampleGroups(family, labels, this, type);
    this.reportMisnamed(family);
    this.series.expectName(family.name);
    return new SimpleSamples(family, labels, this);
  }

  /** Reads histograms or summaries, unless they are streamed. Returns undefined if there is no such family. */
  async readGroups(family: FamilyText, groups: SampleGroups): Promise<ParsedSamples | undefined> {
    if (groups.isStreamed) return groups;
    if (!this.wantsPartOf(family)) return undefined;
    const read = await groups.readAll();
    if (Array.isArray(read)) return new ReadSamples(read);
    const { line, reason } = read as Misfit;
    this.document.disband(family.header as FamilyHeader, line, reason);
    return undefined;
  }

  onStart(lines: FamilyLines): void {
    this.lines = lines;
    this.labelLength = 0;
    this.count = 0;
  }

  countSeries(): void {
    const { series, context } = this;
    if (series.count === 0) return;
    this.labelLength += series.labelLength;
    this.count += series.count;
    context.addSeries(series.labelLength, series.count);
    series.labelLength = 0;
    series.count = 0;
  }

  onDiscard(): void {
    this.countSeries();
    this.context.addSeries(-this.labelLength, -this.count);
  }

  /** Whether the family is wanted, or one of those that its series would be. */
  private wantsPartOf({ name, type }: FamilyText): boolean {
    return Object.keys(type?.series ?? {}).some((suffix) => this.context.wants(name + suffix));
  }

  /** Reports series that lack the suffix of their type. */
  private reportMisnamed({ name, type, header, line }: FamilyText): void {
    if (type !== undefined || header?.type?.suffix === undefined || header.isDisbanded) return;
    const expected = excerpt(header.name + header.type.suffix);
    const message = `line ${line}: expected ${expected} after this, got ${excerpt(name)}, which is served as untyped`;
    this.context.onRepair({ family: name, kind: 'untyped', message });
  }
}

function describe({ name, type, header }: FamilyText, samples: ParsedSamples, whole: string | undefined): ParsedFamily {
  const family: { -readonly [Member in keyof ParsedFamily]: ParsedFamily[Member] } = {
    name,
    type: type?.type ?? 'untyped',
    samples,
  };
  if (whole !== undefined) Object.assign(family, markFor(whole));
  if (header?.help !== undefined) family.help = header.help;
  if (header?.unit !== undefined && type !== undefined) family.unit = header.unit;
  return family;
}
