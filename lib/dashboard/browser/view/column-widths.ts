/** Space (ch) beside a text. Some letters are wider than a digit. */
const SPACE = 2;

/**
 * Widths of columns: each fits the longest text that was shown in it. The rows of a table are separate grids, in which
 * the style sheet uses `--width-0` and so on.
 */
export class ColumnWidths {
  private readonly table: HTMLElement;
  private lengths: number[] = [];

  constructor(table: HTMLElement) {
    this.table = table;
  }

  /** Starts again with the titles of other columns. */
  reset(titles: readonly string[]): void {
    this.lengths = [];
    for (const [i, title] of titles.entries()) this.fit(i, title);
    this.table.style.setProperty('--columns', titles.map((_, i) => `var(--width-${i})`).join(' '));
  }

  /** Makes room for a text. Columns only grow, so that changing numbers do not move them. */
  fit(column: number, text: string): void {
    if (text.length <= (this.lengths[column] ?? -1)) return;
    this.lengths[column] = text.length;
    this.table.style.setProperty(`--width-${column}`, `${text.length + SPACE}ch`);
  }
}
