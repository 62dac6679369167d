// Without a cursor, and without wrapping: some characters are wider than one column.
const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?7l';
const LEAVE = '\u001b[?7h\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

const CTRL_C = '\u0003';

/** The terminal's second screen. What was there before comes back with `leave()`, and when the process ends. */
export class Screen {
  private readonly stdout: NodeJS.WriteStream;
  private readonly stdin: NodeJS.ReadStream;
  private readonly onKey: (key: Buffer) => void;
  private readonly onResize: () => void;
  private readonly onExit = () => this.leave();

  /** `draw` is called after a change of the size, and `stop` for ctrl-C and q. */
  constructor(stdout: NodeJS.WriteStream, stdin: NodeJS.ReadStream, on: { draw(): void; stop(): void }) {
    this.stdout = stdout;
    this.stdin = stdin;
    this.onResize = on.draw;
    this.onKey = (key) => {
      // Keys that are pressed together may arrive in one chunk.
      if (key.includes(CTRL_C) || key.includes('q')) on.stop();
    };
  }

  get columns(): number {
    return this.stdout.columns || 80;
  }

  get rows(): number {
    return this.stdout.rows || 24;
  }

  /** Whether keys are read. */
  get hasKeys(): boolean {
    return this.stdin.isTTY;
  }

  enter(): void {
    this.stdout.write(ENTER);
    this.stdout.on('resize', this.onResize);
    process.once('exit', this.onExit);
    if (!this.hasKeys) return;
    this.stdin.setRawMode(true);
    this.stdin.on('data', this.onKey).resume();
  }

  /** Draws lines that fit the screen. */
  draw(lines: readonly string[]): void {
    // Without wrapping, the cursor stays on the last character of a full line, which clearing would erase.
    const visible = lines.slice(0, this.rows).map((line) => CLEAR_LINE + line);
    const below = visible.length < this.rows ? `\r\n${CLEAR_BELOW}` : '';
    this.stdout.write(HOME + visible.join('\r\n') + below);
  }

  leave(): void {
    process.off('exit', this.onExit);
    this.stdout.off('resize', this.onResize);
    if (this.hasKeys) {
      this.stdin.off('data', this.onKey).pause();
      this.stdin.setRawMode(false);
    }
    this.stdout.write(LEAVE);
  }
}
