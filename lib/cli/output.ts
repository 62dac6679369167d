// What an endpoint sends may contain control characters, which a terminal would obey.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to escape
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]/g;

/** Escapes control characters, invisible ones, and those that change the direction of text. */
export const printable = (text: string): string =>
  text.replace(UNPRINTABLE, (it) => `\\u${it.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** Where a command writes: lines of text, and one JSON value with `--json`. */
export class Output {
  readonly stdout: NodeJS.WriteStream;
  private readonly stderr: NodeJS.WritableStream;

  constructor(stdout: NodeJS.WriteStream, stderr: NodeJS.WritableStream) {
    this.stdout = stdout;
    this.stderr = stderr;
  }

  /** Whether a person reads the output in a terminal. */
  get isInteractive(): boolean {
    return this.stdout.isTTY === true && process.env.TERM !== 'dumb';
  }

  line(text = ''): void {
    this.stdout.write(`${printable(text)}\n`);
  }

  /** Writes lines that contain nothing of an endpoint, without escaping them. */
  text(text: string): void {
    this.stdout.write(`${text}\n`);
  }

  /** The escapes of `printable` are also those of JSON. */
  json(value: unknown): void {
    this.stdout.write(`${printable(JSON.stringify(value))}\n`);
  }

  error(text: string): void {
    this.stderr.write(`${printable(text)}\n`);
  }
}

/** Formats rows with columns of equal width. Columns of numbers are aligned to the right. */
export function tableLines(rows: readonly (readonly string[])[], rightAligned: readonly number[] = []): string[] {
  const widths: number[] = [];
  for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  const pad = (cell: string, i: number) =>
    rightAligned.includes(i) ? cell.padStart(widths[i] as number) : cell.padEnd(widths[i] as number);
  return rows.map((row) => row.map(pad).join('  ').trimEnd());
}
