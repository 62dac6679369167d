import type { KnownTexts } from './known-texts.ts';
import { excerpt } from './text-cursor.ts';
import { malformedLine } from './text-lines.ts';
import type { FamilyMetaLine } from './text-meta.ts';
import { isGrouped, type TextType } from './text-types.ts';

/** Memory (bytes, estimated) of a header besides its texts. */
const HEADER_BYTES = 200;

/** Metadata lines of one family. */
export class FamilyHeader {
  readonly name: string;
  /** Number of its first line. */
  readonly line: number;
  type: TextType | undefined;
  help: string | undefined;
  unit: string | undefined;
  /** A second `# HELP`, and the line of it. It may belong to another family of the same name, whose type follows. */
  repeated: { readonly text: string; readonly line: number } | undefined;
  /** Whether a difference was reported. */
  hasDifference = false;
  /** Whether the series with its names are separate families, because they do not fit the type. */
  isDisbanded = false;
  /** Whether it has series. */
  isUsed = false;

  constructor(name: string, line: number) {
    this.name = name;
    this.line = line;
  }
}

/** Reports that a header differs from an earlier one of the same family, which is kept. */
export type ReportDifference = (name: string, line: number, reason: string) => void;

/**
 * The headers of a document by name. The first `# HELP`, `# TYPE` and `# UNIT` of a family is kept. In OpenMetrics,
 * two families may have one name, such as a gauge `x` and a counter `x`, whose series are called `x_total`.
 */
export class FamilyHeaders {
  /** Number of headers. */
  size = 0;
  /** Memory (bytes, estimated). */
  bytes = 0;
  private readonly byName = new Map<string, FamilyHeader[]>();
  private readonly texts: KnownTexts;
  private readonly onDifference: ReportDifference;

  constructor(texts: KnownTexts, onDifference: ReportDifference) {
    this.texts = texts;
    this.onDifference = onDifference;
  }

  /** Adds a line, and returns its header. */
  add(metaLine: FamilyMetaLine, line: number): FamilyHeader {
    const header = this.byName.get(metaLine.name)?.at(-1) ?? this.create(metaLine.name, line);
    if (metaLine.kind === 'TYPE') return this.addType(header, metaLine.type, line);
    if (metaLine.kind === 'HELP') this.addHelp(header, metaLine.text, line);
    else this.addUnit(header, metaLine.text, line);
    return header;
  }

  /** Returns the histogram or summary, if any, of which the series of the header's name would be a part. */
  ownerOf({ name }: FamilyHeader): FamilyHeader | undefined {
    const cut = name.lastIndexOf('_');
    return cut === -1 ? undefined : this.byName.get(name.slice(0, cut))?.find((owner) => isPartOf(owner, name));
  }

  /** Returns the histogram or summary, if any, of which the series of this name were a part. */
  disbandedOwnerOf(series: string): FamilyHeader | undefined {
    const cut = series.lastIndexOf('_');
    if (cut === -1) return undefined;
    const owners = this.byName.get(series.slice(0, cut));
    return owners?.find(({ type, isDisbanded }) => isDisbanded && Object.hasOwn(type?.series ?? {}, series.slice(cut)));
  }

  /** Returns the header for series of a name that is new. Its type may not apply to them. */
  find(name: string): FamilyHeader | undefined {
    const exact = this.byName.get(name);
    const cut = name.lastIndexOf('_');
    const shorter = cut === -1 ? undefined : this.byName.get(name.slice(0, cut));
    return (
      shorter?.find((header) => isPartOf(header, name)) ??
      exact?.find((header) => appliesTo(header, name)) ??
      shorter?.find((header) => appliesTo(header, name)) ??
      exact?.[0]
    );
  }

  /** Whether a header with series says what those of exactly this name are. */
  hasSeries(name: string): boolean {
    return this.byName.get(name)?.some(({ type, isUsed }) => isUsed && type?.series[''] !== undefined) ?? false;
  }

  *[Symbol.iterator](): Generator<FamilyHeader, void> {
    for (const headers of this.byName.values()) yield* headers;
  }

  private detach(text: string): string {
    this.bytes += 2 * text.length;
    return this.texts.copy(text);
  }

  private create(name: string, line: number): FamilyHeader {
    this.size++;
    this.bytes += HEADER_BYTES + 2 * name.length;
    const header = new FamilyHeader(this.texts.copy(name), line);
    const known = this.byName.get(name);
    if (known === undefined) this.byName.set(header.name, [header]);
    else known.push(header);
    return header;
  }

  private addType(header: FamilyHeader, type: TextType, line: number): FamilyHeader {
    if (header.type !== undefined && header.type.suffix !== type.suffix) return this.addNamesake(header, type, line);
    this.keepType(header, type, line);
    this.settle(header);
    return header;
  }

  /** Gives the header this type if it has none, and reports it if it has another one. */
  private keepType(header: FamilyHeader, type: TextType, line: number): void {
    header.type ??= type;
    if (header.type === type) return;
    this.reportDifference(header, line, `# TYPE ${type.word} differs from the ${header.type.word} before it`);
  }

  /** Adds a family of the same name whose series have other names, and moves the last `# HELP` to it. */
  private addNamesake(first: FamilyHeader, type: TextType, line: number): FamilyHeader {
    const { name, repeated } = first;
    first.repeated = undefined;
    const known = this.byName.get(name)?.find((header) => header.type?.suffix === type.suffix);
    const header = known ?? this.create(name, line);
    this.keepType(header, type, line);
    if (repeated !== undefined) this.addHelp(header, repeated.text, repeated.line);
    return header;
  }

  private addHelp(header: FamilyHeader, text: string, line: number): void {
    this.settle(header);
    if (header.help === undefined) header.help = this.detach(text);
    else header.repeated = { text: header.help === text ? header.help : this.detach(text), line };
  }

  private addUnit(header: FamilyHeader, text: string, line: number): void {
    if (text === '') return;
    if (!header.name.endsWith(`_${text}`)) {
      throw malformedLine(line, `expected a unit with which the name ends, got ${excerpt(text)}`);
    }
    header.unit ??= this.texts.copy(text);
    if (header.unit !== text) this.reportDifference(header, line, '# UNIT differs from the one before it');
  }

  /** Reports a second `# HELP` that turned out to be of the same family. */
  settle(header: FamilyHeader): void {
    const { repeated, help } = header;
    if (repeated === undefined) return;
    header.repeated = undefined;
    if (repeated.text !== help) {
      this.reportDifference(header, repeated.line, '# HELP differs from the one before it');
    }
  }

  private reportDifference(header: FamilyHeader, line: number, reason: string): void {
    if (header.hasDifference) return;
    header.hasDifference = true;
    this.onDifference(header.name, line, reason);
  }
}

/** Whether the header's type says what series of this name are. */
export function appliesTo({ name, type, isDisbanded }: FamilyHeader, series: string): boolean {
  if (type === undefined || isDisbanded) return false;
  if (series === name)
    return Object.hasOwn(type.series, '') || (type.suffix !== undefined && name.endsWith(type.suffix));
  return series.startsWith(name) && Object.hasOwn(type.series, series.slice(name.length));
}

/** Whether the series of this name are parts of samples of the header's family. */
export const isPartOf = (header: FamilyHeader, series: string) =>
  header.type !== undefined && isGrouped(header.type) && appliesTo(header, series);
