import { excerpt, TextCursor, type TextFormat, unescapeHelp } from './text-cursor.ts';
import { type TextType, textType } from './text-types.ts';

/** A line of a family's metadata. */
export type FamilyMetaLine =
  | { readonly kind: 'HELP' | 'UNIT'; readonly name: string; readonly text: string }
  | { readonly kind: 'TYPE'; readonly name: string; readonly type: TextType };

/** A line that is not a series: metadata, a comment or the end of the document. */
export type MetaLine = FamilyMetaLine | { readonly kind: 'comment' } | { readonly kind: 'EOF' };

/** The last line in OpenMetrics. */
export const EOF_LINE = '# EOF';
const HASH = 35;

/** The usual starts of metadata, in both formats. */
const USUAL_STARTS = [
  ['HELP', '# HELP '],
  ['TYPE', '# TYPE '],
] as const;

export class MetaReader {
  private readonly format: TextFormat;
  private readonly cursor: TextCursor;

  constructor(format: TextFormat, malformed: (reason: string) => Error) {
    this.format = format;
    this.cursor = new TextCursor(format, malformed);
  }

  /** Returns undefined for a series. */
  read(line: string): MetaLine | undefined {
    if (line.charCodeAt(0) > HASH) return undefined;
    this.cursor.load(line);
    for (const [kind, start] of USUAL_STARTS) if (this.cursor.take(start)) return this.readDescriptor(kind);
    return this.format === 'openmetrics' ? this.readOpenMetrics() : this.readPrometheus();
  }

  private readOpenMetrics(): MetaLine | undefined {
    const { cursor } = this;
    if (!cursor.startsWith('#')) return undefined;
    if (cursor.text === EOF_LINE) return { kind: 'EOF' };
    if (cursor.take('# UNIT ')) return this.readDescriptor('UNIT');
    throw cursor.expected('# TYPE, # HELP, # UNIT or a series');
  }

  /** Reads a line of the Prometheus format, which allows comments and empty lines. */
  private readPrometheus(): MetaLine | undefined {
    const { cursor } = this;
    cursor.skipBlanks();
    if (cursor.isAtEnd()) return { kind: 'comment' };
    if (!cursor.take('#')) return undefined;
    const isDivided = cursor.startsWith(' ') || cursor.startsWith('\t');
    cursor.skipBlanks();
    const kind = (['TYPE', 'HELP'] as const).find((word) => cursor.take(`${word} `) || cursor.take(`${word}\t`));
    return isDivided && kind !== undefined ? this.readDescriptor(kind) : { kind: 'comment' };
  }

  private readDescriptor(kind: 'TYPE' | 'HELP' | 'UNIT'): MetaLine {
    const { cursor, format } = this;
    cursor.skipBlanks();
    const name = cursor.metricName();
    if (kind === 'HELP' && this.isCutName()) return { kind: 'comment' };
    if (kind === 'TYPE') return { kind, name, type: this.readType() };
    if (format === 'openmetrics' || !cursor.isAtEnd()) cursor.expectBlank();
    const text = cursor.rest();
    return { kind, name, text: kind === 'UNIT' ? text : unescapeHelp(text, format) };
  }

  /** Reads the rest of the line. Prometheus' text format drops one byte after the name, whatever it is. */
  private readType(): TextType {
    const { cursor, format } = this;
    const word = cursor.text.slice(cursor.at + 1);
    const type = textType(word, format);
    const isDivided = format !== 'openmetrics' && type !== undefined && /^[\0-\x7f]/.test(cursor.rest());
    if (!isDivided) cursor.expectBlank();
    if (type === undefined) throw cursor.fail(`expected a metric type, got ${excerpt(word)}`);
    return type;
  }

  /**
   * Whether the name that was read is the beginning of one that is not valid, such as `a.b`. Prometheus takes `a`, drops
   * one byte, and stores the rest as the help text of `a`, which it is not. Without that byte, a character of several is
   * not UTF-8, so that Prometheus refuses the line.
   */
  private isCutName(): boolean {
    const { cursor, format } = this;
    const next = cursor.text.charAt(cursor.at);
    return format !== 'openmetrics' && /^[^ \t\u0080-\uffff]/.test(next);
  }
}
