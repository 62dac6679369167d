import { MetricsError } from '../model/errors.ts';
import type { ParseContext } from '../model/parser.ts';
import { markLoss } from '../model/series-mark.ts';
import { FamilyIndex } from './family-index.ts';
import type { FamilyText } from './family-text.ts';
import type { KnownTexts } from './known-texts.ts';
import { LineMemory } from './line-memory.ts';
import { closedEnd, countLines, LineJoiner } from './open-line.ts';
import { isSeriesOf, type SeriesStart } from './series-start.ts';
import type { TextFormat } from './text-cursor.ts';
import type { FamilyHeader } from './text-headers.ts';
import { type LinePiece, TextLines } from './text-lines.ts';
import { EOF_LINE, type MetaLine, MetaReader } from './text-meta.ts';
import { SeriesReader } from './text-series.ts';

/**
 * Buffers a document's lines by family, up to `maxJoinBytes`, so that the groups of a family are joined and headers
 * wait for their series. In a larger document the oldest family leaves the buffer when that is full. Its series that
 * come later are dropped and reported.
 */
export class TextDocument {
  /** Whether all of the document was read. */
  isEnded = false;
  private readonly lines: TextLines;
  private readonly joiner: LineJoiner;
  private readonly format: TextFormat;
  private readonly context: ParseContext;
  private readonly texts: KnownTexts;
  private readonly meta: MetaReader;
  private readonly series: SeriesReader;
  private readonly index: FamilyIndex;
  private readonly starts = new Map<string, SeriesStart>();
  private readonly late = new Set<FamilyText>();
  private readonly memory = new LineMemory();
  /** Families that are left at the end of the document. */
  private rest: FamilyText[] | undefined;
  /** The family that is larger than the buffer, while it is read. */
  private open: FamilyText | undefined;
  /** Start of the last line, if it is a series. */
  private start: SeriesStart | undefined;
  private metaLine: MetaLine | undefined;
  private hasEof = false;
  /** Whether lines are read that were read before. */
  private isRescanning = false;

  constructor(bytes: AsyncIterable<Uint8Array>, format: TextFormat, context: ParseContext, texts: KnownTexts) {
    this.format = format;
    this.context = context;
    this.texts = texts;
    this.lines = new TextLines(bytes, context);
    this.joiner = new LineJoiner(this.lines, (piece, line) => this.scan(piece, line));
    this.meta = new MetaReader(format, (reason) => this.lines.malformed(reason));
    this.series = new SeriesReader(format, (reason) => this.lines.malformed(reason));
    this.index = new FamilyIndex(context, texts, {
      onChange: () => this.starts.clear(),
      onMisfit: (header, line, reason) => this.disband(header, line, reason),
    });
  }

  /** Returns the next family. It is complete unless `isOpen`. */
  async next(): Promise<FamilyText | undefined> {
    const { index, context } = this;
    while (!this.isEnded && (index.bytes < context.maxJoinBytes || index.buffered.size === 0)) await this.readPiece();
    if (this.isEnded) return this.nextOfRest();
    const family = index.take() as FamilyText;
    family.markTaken();
    this.open = family === this.start?.family ? family : undefined;
    return family;
  }

  /** Returns the next family after the whole document was read. */
  nextOfRest(): FamilyText | undefined {
    this.rest ??= this.index.takeAll().reverse();
    const family = this.rest.pop();
    if (family === undefined) this.index.reportParts();
    family?.markTaken();
    return family;
  }

  /** Returns the name of the histogram or summary, if any, of which the series of a family without a type were a part. */
  wholeOf({ name, type }: FamilyText): string | undefined {
    return type === undefined ? this.index.wholeOf(name) : undefined;
  }

  isOpen(family: FamilyText): boolean {
    return family === this.open;
  }

  /** Reads more lines of a family that is open. Returns false when it has ended. */
  async readMore(family: FamilyText): Promise<boolean> {
    while (this.isOpen(family) && family.isEmpty) {
      if (this.isEnded || (this.start !== undefined && this.start.family !== family)) this.open = undefined;
      else await this.readPiece();
    }
    return !family.isEmpty;
  }

  /** Makes the series of a histogram or summary separate families, and reports why. */
  disband(header: FamilyHeader, line: number, reason: string): void {
    this.context.onRepair({
      family: header.name,
      kind: 'untyped',
      message: `line ${line}: ${reason}, so its series are served as untyped`,
    });
    const { start, hasEof, isRescanning } = this;
    const { number } = this.lines;
    this.hasEof = false;
    this.isRescanning = true;
    const family = this.index.disband(header);
    // The lines that were read last may be of this family.
    this.start = undefined;
    for (const lines of family?.take() ?? []) {
      const piece = { text: lines.read(), isAscii: lines.isAscii };
      this.memory.release(lines);
      this.scan(piece, lines.line);
    }
    this.lines.number = number;
    this.hasEof = hasEof;
    this.isRescanning = isRescanning;
    // The series that followed it may have been of this family.
    this.start = start === undefined || start.family === family ? undefined : { ...start, next: undefined };
    if (!this.isEnded) return;
    for (const added of this.index.takeBuffered().reverse()) this.rest?.push(added);
    this.reportLate();
  }

  /** Frees the memory of lines that were read. */
  release(family: FamilyText): void {
    family.release(this.memory);
  }

  async close(): Promise<void> {
    await this.lines.close();
  }

  private async readPiece(): Promise<void> {
    const { lines } = this;
    const piece = await lines.nextPiece();
    if (piece !== undefined) {
      this.joiner.add(piece);
      this.memory.compact(this.index.buffered);
      return;
    }
    this.joiner.end();
    if (this.format === 'openmetrics' && !this.hasEof)
      throw lines.malformed(`expected ${EOF_LINE}, got the end of a truncated document`, lines.number + 1);
    this.isEnded = true;
    this.reportLate();
  }

  private reportLate(): void {
    for (const family of this.late) {
      const { name, late } = family;
      const reason = `${late} of its series came after it had left the buffer, and were dropped; see maxJoinBytes`;
      const error = new MetricsError('ERR_METRICS_FAMILY_NOT_JOINED', `family "${name}": ${reason}`);
      this.context.onDropped(markLoss(error, this.wholeOf(family)), name);
    }
    this.late.clear();
  }

  /** Adds lines to their families, up to one that ends in quotes. Returns the length of their text. */
  private scan({ text, isAscii }: LinePiece, first: number): number {
    let family = this.start?.family;
    let runStart = 0;
    let runLine = first;
    let line = first;
    /** Position before which quotes are closed. */
    let closed = 0;
    let at = 0;
    for (; at < text.length; line++) {
      const feed = text.indexOf('\n', at);
      if (this.start === undefined || !isSeriesOf(this.start, text, at)) {
        closed = this.closedEnd(text, closed, at);
        if (closed < at) break;
        this.lines.number = line;
        const found = this.read(text, at, feed);
        if (found !== family) {
          this.add(family, { text: text.slice(runStart, at), isAscii }, runLine, line);
          family = found;
          runStart = at;
          runLine = line;
        }
        if (found === undefined) this.readMeta();
      }
      at = feed + 1;
    }
    const end = this.closedEnd(text, closed, at);
    const nextLine = line - countLines(text.slice(end, at));
    this.lines.number = nextLine - 1;
    this.add(family, { text: text.slice(runStart, end), isAscii }, runLine, nextLine);
    return end;
  }

  /** Returns the end of a range of lines or, if the last one is a series that ends in quotes, its position. */
  private closedEnd(text: string, start: number, end: number): number {
    const mayBeOpen = this.format !== 'openmetrics' && this.start !== undefined && !this.isRescanning;
    return mayBeOpen && start < end ? closedEnd(text, start, end) : end;
  }

  private add(family: FamilyText | undefined, { text, isAscii }: LinePiece, line: number, nextLine: number): void {
    if (family === undefined || line === nextLine) return;
    if (!family.isTaken) this.index.bytes += family.add(this.memory.hold(text, isAscii, line));
    else if (this.isOpen(family)) family.add(this.memory.hold(text, isAscii, line));
    else {
      family.late += nextLine - line;
      this.late.add(family);
    }
  }

  /** Reads the beginning of a line. Returns the family of a series. */
  private read(piece: string, at: number, feed: number): FamilyText | undefined {
    const next = this.start?.next;
    if (next !== undefined && isSeriesOf(next, piece, at)) {
      this.start = next;
      return next.family;
    }
    const text = piece.slice(at, feed);
    if (this.hasEof) throw this.lines.malformed(`expected the end of the document after ${EOF_LINE}, got more`);
    const metaLine = this.meta.read(text);
    if (metaLine !== undefined) {
      this.start = undefined;
      this.metaLine = metaLine;
      return undefined;
    }
    const start = this.startOf(this.series.readName(text), text);
    if (this.start !== undefined) this.start.next = start;
    this.start = start;
    return start.family;
  }

  /** Adds the line that was found not to be a series, after all lines before it: it may change their families. */
  private readMeta(): void {
    const { metaLine } = this;
    if (metaLine?.kind === 'EOF') this.hasEof = true;
    else if (metaLine !== undefined && metaLine.kind !== 'comment') this.index.addMeta(metaLine, this.lines.number);
  }

  private startOf(name: string, line: string): SeriesStart {
    const text = line.slice(0, this.series.nameEnd);
    // The header before the next line is of none that was read before.
    if (!this.isRescanning) this.index.beforeSeries(name);
    const known = this.starts.get(name);
    if (known !== undefined && isSeriesOf(known, line, 0)) return known;
    const divider = line.charCodeAt(text.length);
    const family = this.index.familyOf(name, this.lines.number);
    const start = { text: this.texts.copy(text), divider, family, next: undefined };
    this.starts.set(this.texts.copy(name), start);
    return start;
  }
}
