import { excerpt, quoteEnd } from './text-cursor.ts';
import { type LinePiece, MAX_LINE_BYTES, malformedLine, type TextLines } from './text-lines.ts';

const TAB = 9;
const LINE_FEED = 10;
const BLANK = 32;
const QUOTE = 34;
const EQUALS = 61;
const BACKSLASH = 92;
const CLOSING_BRACE = 125;

/** Joins the lines of a series with line feeds in its labels' values that are not escaped, which Prometheus accepts. */
export class LineJoiner {
  /** The series whose quotes the last line has left open. */
  private open: OpenLine | undefined;
  private readonly lines: TextLines;
  private readonly scan: (piece: LinePiece, line: number) => number;

  /** `scan` reads lines, the first of which has a number, up to one that ends in quotes. It returns their length. */
  constructor(lines: TextLines, scan: (piece: LinePiece, line: number) => number) {
    this.lines = lines;
    this.scan = scan;
  }

  add({ text, isAscii }: LinePiece): void {
    const { lines, scan } = this;
    for (let rest = text; rest !== ''; ) {
      if (this.open === undefined) {
        rest = rest.slice(scan({ text: rest, isAscii }, lines.number + 1));
        if (rest === '') return;
        this.open = new OpenLine(lines.number + 1);
      }
      const { open } = this;
      rest = rest.slice(open.add({ text: rest, isAscii }));
      if (open.isEnded) {
        this.open = undefined;
        scan(open.escaped(), open.line);
      }
      lines.number = open.line + open.count - 1;
    }
  }

  /** @throws if quotes are open at the end of the document */
  end(): void {
    if (this.open !== undefined) throw this.open.unterminated();
  }
}

/** A series that ends with the first line feed outside quotes. */
class OpenLine {
  /** Number of its first line. */
  readonly line: number;
  /** Number of its lines so far. */
  count = 0;
  isEnded = false;
  private text = '';
  private isAscii = true;

  constructor(line: number) {
    this.line = line;
  }

  /** Adds the part of a text that belongs to it, and returns the length of that. */
  add({ text, isAscii }: LinePiece): number {
    const end = lineEnd(text, this.text !== '');
    const length = end === -1 ? text.length : end + 1;
    const part = text.slice(0, length);
    this.text += part;
    this.isAscii &&= isAscii;
    this.isEnded = end !== -1;
    this.count += countLines(part);
    if (this.text.length > MAX_LINE_BYTES) throw this.unterminated(` within ${MAX_LINE_BYTES} bytes`);
    return length;
  }

  /** Returns the line with its line feeds escaped. */
  escaped(): LinePiece {
    const lines = this.text.slice(0, -1).split('\n');
    if (lines.slice(0, -1).some(endsWithEscape)) {
      throw malformedLine(this.line, 'expected a character after a backslash, got a line feed');
    }
    return { text: `${lines.join('\\n')}\n`, isAscii: this.isAscii };
  }

  unterminated(where = ''): Error {
    const [first = ''] = this.text.split('\n', 1);
    return malformedLine(this.line, `expected a closing quote after ${excerpt(first)}, got none${where}`);
  }
}

export const countLines = (text: string) => text.split('\n').length - 1;

const endsWithEscape = (text: string) => (/\\+$/.exec(text)?.[0].length ?? 0) % 2 === 1;

/** Returns the position of the first line feed outside quotes; -1 without one. */
function lineEnd(text: string, startsInQuotes: boolean): number {
  let mark = startsInQuotes ? -1 : text.indexOf('"');
  let feed = text.indexOf('\n');
  for (let isQuoted = startsInQuotes; feed !== -1; isQuoted = false) {
    if (!isQuoted && (mark === -1 || feed < mark)) return feed;
    const end = quoteEnd(text, mark + 1);
    if (end === -1) return -1;
    if (feed < end) feed = text.indexOf('\n', end);
    mark = text.indexOf('"', end + 1);
  }
  return -1;
}

/**
 * Returns the end of a range of series or, if the last one ends in quotes, its position. Most series end with a quote, a
 * brace and a value, so that what is before them need not be read.
 */
export function closedEnd(text: string, start: number, end: number): number {
  let last = end - 2;
  while (last > start && !isMark(text.charCodeAt(last))) last--;
  const closesLabels = text.charCodeAt(last) === CLOSING_BRACE && text.charCodeAt(last - 1) === QUOTE;
  if (last === start || (closesLabels && !mayPrecedeOpening(text.charCodeAt(last - 2)))) return end;
  const open = lastOpenLine(text.slice(start, end));
  return open === -1 ? end : start + open;
}

const mayPrecedeOpening = (code: number) => code === EQUALS || code === BACKSLASH || code === BLANK || code === TAB;

const isMark = (code: number) => code === CLOSING_BRACE || code === QUOTE || code === LINE_FEED;

/** Returns the position of the line in which the last quotes are open; -1 if they are closed. */
function lastOpenLine(text: string): number {
  let line = 0;
  for (let at = 0; ; ) {
    const mark = text.indexOf('"', at);
    if (mark === -1) return -1;
    const feed = text.slice(at, mark).lastIndexOf('\n');
    if (feed !== -1) line = at + feed + 1;
    const end = quoteEnd(text, mark + 1);
    if (end === -1) return line;
    at = end + 1;
  }
}
