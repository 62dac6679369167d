export interface VirtualRowsOptions {
  /** The rows' parent, as high as all of them. */
  readonly body: HTMLElement;
  /** The same for the same row, wherever it is. */
  keyAt(index: number): string;
  create(index: number): HTMLElement;
  fill(row: HTMLElement, index: number): void;
  /** Other rows are on screen. */
  onRange(from: number, to: number): void;
}

export interface VirtualRows {
  /** From a row to the one after the last that is on screen, with a few around. */
  readonly range: readonly [from: number, to: number];
  setCount(count: number): void;
  /** Fills the rows on screen anew. */
  refresh(): void;
  focus(index: number): void;
}

const OVERSCAN = 6;

interface PlacedRow {
  readonly row: HTMLElement;
  index: number;
}

/** Rows of one height in the page's own scrolling, of which only those on screen exist. */
export function createVirtualRows({ body, keyAt, create, fill, onRange }: VirtualRowsOptions): VirtualRows {
  const rows = new Map<string, PlacedRow>();
  let count = 0;
  let range: readonly [number, number] = [0, 0];
  /** Where the focus goes as soon as there is something to focus. */
  let pendingFocus: { readonly index: number; readonly from: Element | null } | undefined;

  const heightOf = () => Number.parseFloat(getComputedStyle(body).getPropertyValue('--row')) || 40;

  function onScreen(height: number): readonly [number, number] {
    const { top } = body.getBoundingClientRect();
    const first = Math.floor(-top / height) - OVERSCAN;
    const last = Math.ceil((window.innerHeight - top) / height) + OVERSCAN;
    return [Math.min(count, Math.max(0, first)), Math.max(0, Math.min(count, last))];
  }

  function refresh(): void {
    if (body.closest('[hidden]') !== null) return;
    const height = heightOf();
    body.style.height = `${count * height}px`;
    const [from, to] = onScreen(height);
    const focused = document.activeElement;
    const keys = Array.from({ length: to - from }, (_, i) => keyAt(from + i));
    removeOthers(new Set(keys), from, to);
    // In the order that they are read in.
    let place = body.firstElementChild;
    for (const [i, key] of keys.entries()) {
      const index = from + i;
      const row = placeAt(key, index, height);
      if (row === place) place = place.nextElementSibling;
      else body.insertBefore(row, place);
    }
    // A row that has moved has lost its focus.
    if (body.contains(focused) && focused !== document.activeElement)
      (focused as HTMLElement).focus({ preventScroll: true });
    applyPendingFocus();
    if (from === range[0] && to === range[1]) return;
    range = [from, to];
    onRange(from, to);
  }

  function placeAt(key: string, index: number, height: number): HTMLElement {
    const placed = rows.get(key) ?? { row: create(index), index };
    rows.set(key, placed);
    placed.index = index;
    const { row } = placed;
    row.style.transform = `translateY(${index * height}px)`;
    row.setAttribute('aria-rowindex', String(index + 2));
    fill(row, index);
    return row;
  }

  function removeOthers(keys: ReadonlySet<string>, from: number, to: number): void {
    for (const [key, { row, index }] of rows) {
      if (keys.has(key)) continue;
      if (row.contains(document.activeElement)) {
        // Whoever has scrolled the focused row away goes on from it with the next key.
        if (index < count && (index < from || index >= to)) continue;
        // It is not there any more: another row has its place.
        if (count > 0) pendingFocus = { index: Math.min(index, count - 1), from: document.body };
      }
      row.remove();
      rows.delete(key);
    }
  }

  /** A row that has come on screen has nothing to focus until it is known what stands in it. */
  function applyPendingFocus(): void {
    if (pendingFocus === undefined) return;
    const isElsewhere = document.activeElement !== pendingFocus.from;
    const row = pendingFocus.index < count ? rows.get(keyAt(pendingFocus.index))?.row : undefined;
    const target = row?.querySelector<HTMLElement>('[data-focus]');
    if (isElsewhere || target) pendingFocus = undefined;
    if (!isElsewhere) target?.focus({ preventScroll: true });
  }

  let isRefreshQueued = false;
  function refreshSoon(): void {
    if (isRefreshQueued) return;
    isRefreshQueued = true;
    requestAnimationFrame(() => {
      isRefreshQueued = false;
      refresh();
    });
  }
  window.addEventListener('scroll', refreshSoon, { passive: true });
  window.addEventListener('resize', refreshSoon);

  return {
    get range() {
      return range;
    },
    setCount(next) {
      count = next;
      refresh();
    },
    refresh,
    focus(index) {
      if (index < 0 || index >= count) return;
      const height = heightOf();
      const top = body.getBoundingClientRect().top + index * height;
      // Below the bar, which stays, and not at the very edge.
      const above = (document.querySelector('.bar')?.getBoundingClientRect().bottom ?? 0) + height;
      if (top < above) window.scrollBy(0, top - above);
      else if (top + 2 * height > window.innerHeight) window.scrollBy(0, top + 2 * height - window.innerHeight);
      pendingFocus = { index, from: document.activeElement };
      refresh();
    },
  };
}

/** Arrow keys go from row to row. */
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
