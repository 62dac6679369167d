import type { MetricsError } from '../model/errors.ts';
import type { HeldLines, LineMemory } from './line-memory.ts';
import { appliesTo, type FamilyHeader } from './text-headers.ts';
import { malformedLine } from './text-lines.ts';
import type { TextType } from './text-types.ts';

/** Memory (bytes, estimated) of a range of lines besides the lines. */
const RANGE_BYTES = 40;
/** Memory (bytes, estimated) of a family besides its ranges. */
export const FAMILY_BYTES = 200;

/** More than the number of characters of any range, which is at most one long line or one piece. */
const RANGE_SPAN = 2 ** 24;

/** The lines of one family's series that are buffered. */
export class FamilyText {
  /** Name of the series; of a histogram or summary, the name before the suffixes. */
  readonly name: string;
  /** The header, if any. Its type may not apply. */
  header: FamilyHeader | undefined;
  /** Number of the first line, the header's included. */
  line: number;
  /** Memory (bytes, estimated). */
  bytes = FAMILY_BYTES;
  /** Lines that came when the family was no longer buffered, and that were dropped. */
  late = 0;
  /** Whether it has left the buffer, to be read. */
  isTaken = false;
  /** The header's type, if that applies to the series. Set when the family leaves the buffer. */
  type: TextType | undefined;
  private ranges: HeldLines[] = [];

  constructor(name: string, header: FamilyHeader | undefined, line: number) {
    this.name = name;
    this.header = header;
    this.line = header === undefined ? line : Math.min(header.line, line);
  }

  get isEmpty(): boolean {
    return this.ranges.length === 0;
  }

  /** Adds lines, and returns the memory (bytes, estimated) that they take. */
  add(lines: HeldLines): number {
    const bytes = lines.length + RANGE_BYTES;
    // The first `push` makes room for many, and most families of a document have one range.
    if (this.ranges.length === 0) this.ranges = [lines];
    else this.ranges.push(lines);
    this.bytes += bytes;
    return bytes;
  }

  /** Adds the lines of another family, and returns the memory (bytes, estimated) that they take. */
  addAll(other: FamilyText): number {
    const bytes = other.bytes - FAMILY_BYTES;
    this.ranges = [...this.ranges, ...other.take()].sort((a, b) => a.line - b.line);
    this.bytes += bytes;
    this.line = Math.min(this.line, other.line);
    return bytes;
  }

  /** Called when the family leaves the buffer. */
  markTaken(): void {
    const { header, name } = this;
    this.isTaken = true;
    this.type = header !== undefined && appliesTo(header, name) ? header.type : undefined;
  }

  /** Removes the lines, and returns them. */
  take(): HeldLines[] {
    const { ranges } = this;
    this.ranges = [];
    return ranges;
  }

  /** Removes the lines, and frees their memory. */
  release(memory: LineMemory): void {
    for (const lines of this.take()) memory.release(lines);
  }

  /** Returns a line that has not been removed. */
  lineAt(place: number): string {
    const start = place % RANGE_SPAN;
    return (this.ranges[(place - start) / RANGE_SPAN] as HeldLines).readLine(start);
  }

  /** Returns the lines. They stay, to be read again. */
  peek(): readonly HeldLines[] {
    return this.ranges;
  }
}

/** Reads lines of a family, one after another. */
export class FamilyLines {
  /** Number of the last line that was returned. */
  number = 0;
  private ranges: readonly HeldLines[];
  private position = 0;
  private text = '';
  private at = 0;
  private lineStart = 0;

  constructor(ranges: readonly HeldLines[]) {
    this.ranges = ranges;
  }

  /** Continues with more lines, after the last one was returned. */
  continueWith(ranges: readonly HeldLines[]): void {
    this.ranges = ranges;
    this.position = 0;
  }

  /** Returns the next line, without its line feed; undefined after the last. */
  next(): string | undefined {
    if (this.at === this.text.length && !this.nextRange()) return undefined;
    const { text, at } = this;
    const feed = text.indexOf('\n', at);
    this.lineStart = at;
    this.at = feed + 1;
    this.number++;
    return text.slice(at, feed);
  }

  private nextRange(): boolean {
    const range = this.ranges[this.position++];
    if (range === undefined) return false;
    this.text = range.read();
    this.at = 0;
    this.number = range.line - 1;
    return true;
  }

  /** Place of the last line among those of the family, for `lineAt`. */
  get place(): number {
    return (this.position - 1) * RANGE_SPAN + this.lineStart;
  }

  malformed(reason: string): MetricsError {
    return malformedLine(this.number, reason);
  }
}
