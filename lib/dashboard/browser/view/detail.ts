import { exact, format } from '../model/format.ts';
import type { Detail, Figure, ViewUpdate } from '../protocol.ts';
import { createDistribution } from './distribution.ts';
import { el, setAttribute, setText } from './dom.ts';
import { createLineChart, type LineChart } from './line-chart.ts';
import { createSeriesTable, syncFilters } from './series-table.ts';
import type { State } from './state.ts';

export interface DetailView {
  /** The series on screen. */
  readonly range: readonly [from: number, to: number];
  show(seen: ViewUpdate): void;
  /** After a change of the state. */
  sync(): void;
  repaint(): void;
  focus(): void;
}

/** One family: its numbers, charts, distribution and series. */
export function createDetail(section: HTMLElement, state: State, onRange: () => void): DetailView {
  const back = el('a', { className: 'back', href: '#' }, '← All metrics');
  const title = el('h2', { tabIndex: -1 });
  const badge = el('span', { className: 'badge' });
  const pin = el('button', { type: 'button', className: 'pin' });
  const help = el('p', { className: 'help' });
  const figures = el('dl', { className: 'figures' });
  const charts = el('div', { className: 'charts' });
  const buckets = createDistribution();
  const table = createSeriesTable(state, onRange);
  const missing = el('p', { className: 'empty', hidden: true }, 'The document has no metric of this name.');
  const content = el('div', {}, help, figures, charts, buckets.element, table.element);
  section.append(
    el('div', { className: 'detail-head' }, back, el('div', { className: 'title' }, pin, title, badge)),
    missing,
    content,
  );
  const drawn: LineChart[] = [];
  let shown = '';

  back.addEventListener('click', (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    state.change({ open: '', filter: {} }, { isStep: true });
  });
  pin.addEventListener('click', () => {
    const { pins, open } = state.current;
    state.change({ pins: pins.includes(open) ? pins.filter((name) => name !== open) : [...pins, open] });
  });

  function drawCharts({ charts: data }: Detail): void {
    while (drawn.length > data.length) drawn.pop()!.remove();
    while (drawn.length < data.length) {
      const chart = createLineChart();
      drawn.push(chart);
      charts.append(chart.element);
    }
    for (const [i, chart] of drawn.entries()) chart.draw(data[i]!);
  }

  function sync(): void {
    const { open, pins } = state.current;
    // Where a long name may break.
    if (title.textContent !== open)
      title.replaceChildren(...open.split(/(?<=[_:.])/).flatMap((part) => [part, el('wbr')]));
    setAttribute(pin, 'aria-pressed', String(pins.includes(open)));
    setAttribute(pin, 'aria-label', `Pin ${open}`);
    setAttribute(back, 'href', state.link({ open: '', filter: {} }));
    syncFilters(section, state);
    if (open === shown) return;
    // Nothing of another family may be left under this one's name.
    content.hidden = true;
    badge.hidden = true;
    missing.hidden = true;
    shown = open;
  }

  return {
    get range() {
      return table.range;
    },
    show({ detail, status }) {
      const { open } = state.current;
      if (open === '' || (detail !== undefined && detail.name !== open)) return;
      const isKnown = detail !== undefined;
      content.hidden = !isKnown;
      missing.hidden = isKnown || status.polls === 0;
      badge.hidden = !isKnown;
      if (!isKnown) return;
      setText(badge, detail.type);
      setAttribute(badge, 'data-type', detail.type);
      setText(help, detail.help);
      help.hidden = detail.help === '';
      drawFigures(figures, detail.figures);
      drawCharts(detail);
      buckets.element.hidden = detail.distribution === undefined;
      if (detail.distribution !== undefined) buckets.draw(detail.distribution);
      table.element.hidden = detail.table === undefined;
      if (detail.table !== undefined) table.draw(detail.table);
      syncFilters(section, state);
    },
    sync,
    repaint() {
      for (const chart of drawn) chart.repaint();
    },
    focus() {
      title.focus({ preventScroll: true });
    },
  };
}

function drawFigures(list: HTMLElement, figures: readonly Figure[]): void {
  while (list.children.length > figures.length) list.lastElementChild!.remove();
  while (list.children.length < figures.length) list.append(el('div', {}, el('dt'), el('dd')));
  for (const [i, { label, value, unit }] of figures.entries()) {
    const [name, number] = list.children[i]!.children;
    setText(name!, label);
    setText(number!, format(value, unit));
    setAttribute(number!, 'title', exact(value));
  }
}
