export interface VirtualRowsOptions {
  /** Parent of the rows. Its height is set to that of all rows. */
  readonly body: HTMLElement;
  /** Returns a key that identifies the row, wherever it is. */
  keyAt(index: number): string;
  create(index: number): HTMLElement;
  fill(row: HTMLElement, index: number): void;
  /** Called when other rows come on screen. */
  onRange(from: number, to: number): void;
}

interface PlacedRow {
  readonly row: HTMLElement;
  index: number;
}

/** Number of rows that exist above and below the screen. */
const OVERSCAN = 6;

const DEFAULT_ROW_HEIGHT = 40;

/** Rows of equal height that scroll with the page. Only those on screen exist as elements. */
export class VirtualRows {
  private readonly options: VirtualRowsOptions;
  private readonly rows = new Map<string, PlacedRow>();
  private count = 0;
  private visible: readonly [from: number, to: number] = [0, 0];
  /** The row to focus once it has a focusable element, unless the focus moves from `from` before. */
  private pendingFocus: { readonly index: number; readonly from: Element | null } | undefined;
  private isRefreshQueued = false;

  constructor(options: VirtualRowsOptions) {
    this.options = options;
    const queueRefresh = () => this.queueRefresh();
    window.addEventListener('scroll', queueRefresh, { passive: true });
    window.addEventListener('resize', queueRefresh);
  }

  /** The rows that exist, `to` excluded. */
  get range(): readonly [from: number, to: number] {
    return this.visible;
  }

  setCount(count: number): void {
    this.count = count;
    this.refresh();
  }

  /** Creates, removes, moves and fills rows so that they match the screen. */
  refresh(): void {
    const { body, keyAt, onRange } = this.options;
    if (body.closest('[hidden]') !== null) return;
    const height = this.rowHeight();
    body.style.height = `${this.count * height}px`;
    const [from, to] = this.rowsOnScreen(height);
    const focused = document.activeElement;
    const keys = Array.from({ length: to - from }, (_, i) => keyAt(from + i));
    this.removeOthers(new Set(keys), from, to);
    this.placeAll(keys, from, height);
    // Moving a row in the document takes its focus away.
    if (body.contains(focused) && focused !== document.activeElement)
      (focused as HTMLElement).focus({ preventScroll: true });
    this.applyPendingFocus();
    if (from === this.visible[0] && to === this.visible[1]) return;
    this.visible = [from, to];
    onRange(from, to);
  }

  /** Scrolls a row into view and focuses it. */
  focus(index: number): void {
    if (index < 0 || index >= this.count) return;
    const height = this.rowHeight();
    const top = this.options.body.getBoundingClientRect().top + index * height;
    // One row of distance to the sticky bar and to the lower edge.
    const upperEdge = (document.querySelector('.bar')?.getBoundingClientRect().bottom ?? 0) + height;
    if (top < upperEdge) window.scrollBy(0, top - upperEdge);
    else if (top + 2 * height > window.innerHeight) window.scrollBy(0, top + 2 * height - window.innerHeight);
    this.pendingFocus = { index, from: document.activeElement };
    this.refresh();
  }

  private rowHeight(): number {
    return Number.parseFloat(getComputedStyle(this.options.body).getPropertyValue('--row')) || DEFAULT_ROW_HEIGHT;
  }

  private rowsOnScreen(height: number): readonly [from: number, to: number] {
    const { top } = this.options.body.getBoundingClientRect();
    const first = Math.floor(-top / height) - OVERSCAN;
    const last = Math.ceil((window.innerHeight - top) / height) + OVERSCAN;
    return [Math.min(this.count, Math.max(0, first)), Math.max(0, Math.min(this.count, last))];
  }

  /** Places the rows in reading order, for keyboards and screen readers. */
  private placeAll(keys: readonly string[], from: number, height: number): void {
    const { body } = this.options;
    let next = body.firstElementChild;
    for (const [i, key] of keys.entries()) {
      const row = this.place(key, from + i, height);
      if (row === next) next = next.nextElementSibling;
      else body.insertBefore(row, next);
    }
  }

  private place(key: string, index: number, height: number): HTMLElement {
    const placed = this.rows.get(key) ?? { row: this.options.create(index), index };
    this.rows.set(key, placed);
    placed.index = index;
    const { row } = placed;
    row.style.transform = `translateY(${index * height}px)`;
    row.setAttribute('aria-rowindex', String(index + 2));
    this.options.fill(row, index);
    return row;
  }

  private removeOthers(keys: ReadonlySet<string>, from: number, to: number): void {
    for (const [key, { row, index }] of this.rows) {
      if (keys.has(key)) continue;
      if (row.contains(document.activeElement)) {
        // The focused row was scrolled away. It stays, so that the next key moves on from it.
        if (index < this.count && (index < from || index >= to)) continue;
        // The focused row no longer exists. The row in its place gets the focus.
        if (this.count > 0) this.pendingFocus = { index: Math.min(index, this.count - 1), from: document.body };
      }
      row.remove();
      this.rows.delete(key);
    }
  }

  /** A new row is empty, and cannot be focused, until its content arrives from the worker. */
  private applyPendingFocus(): void {
    const pending = this.pendingFocus;
    if (pending === undefined) return;
    const isElsewhere = document.activeElement !== pending.from;
    const row = pending.index < this.count ? this.rows.get(this.options.keyAt(pending.index))?.row : undefined;
    const target = row?.querySelector<HTMLElement>('[data-focus]');
    if (isElsewhere || target) this.pendingFocus = undefined;
    if (!isElsewhere) target?.focus({ preventScroll: true });
  }

  private queueRefresh(): void {
    if (this.isRefreshQueued) return;
    this.isRefreshQueued = true;
    requestAnimationFrame(() => {
      this.isRefreshQueued = false;
      this.refresh();
    });
  }
}

/** Makes arrow keys, Home and End move the focus between rows. */
export function moveByKeys(body: HTMLElement, rows: VirtualRows, count: () => number): void {
  body.addEventListener('keydown', (event) => {
    const row = (event.target as Element).closest('[aria-rowindex]');
    if (row === null || event.altKey || event.ctrlKey || event.metaKey) return;
    const index = Number(row.getAttribute('aria-rowindex')) - 2;
    const to = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: count() - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    rows.focus(Math.max(0, Math.min(count() - 1, to)));
  });
}
