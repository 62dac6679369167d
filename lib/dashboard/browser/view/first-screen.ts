import { exact, format } from '../model/format.ts';
import { exactFilter } from '../model/search.ts';
import { extentOf, type TimeRange } from '../model/time-selection.ts';
import type { FirstScreen, RankedRoute, Tile } from '../protocol.ts';
import { onPlainClick } from './controls.ts';
import { el, fitChildren, isPointedAt, setAttribute, setName, setText } from './dom.ts';
import { createSparkline } from './sparkline.ts';
import type { State } from './state.ts';

/** The numbers that tell how the service is, above the list of all metrics. */
export interface FirstScreenView {
  readonly element: HTMLElement;
  draw(data: FirstScreen): void;
}

export function createFirstScreen(state: State): FirstScreenView {
  const tiles = el('div', { className: 'tiles' });
  const slowest = createRouteList('Slowest routes (p95)', state);
  const failing = createRouteList('Most failing routes', state);
  const lists = el('div', { className: 'routes' }, slowest.element, failing.element);
  const element = el('section', { className: 'first', 'aria-label': 'At a glance', hidden: true }, tiles, lists);
  const drawn: TileView[] = [];
  return {
    element,
    draw(data) {
      element.hidden = data.tiles.length === 0;
      while (drawn.length > data.tiles.length) drawn.pop()!.element.remove();
      while (drawn.length < data.tiles.length) {
        const tile = createTile(state);
        drawn.push(tile);
        tiles.append(tile.element);
      }
      const range = extentOf(data.tiles.map(({ times }) => times));
      for (const [i, tile] of drawn.entries()) tile.draw(data.tiles[i]!, range);
      slowest.draw(data.slowest);
      failing.draw(data.failing);
      lists.hidden = data.slowest.length + data.failing.length === 0;
    },
  };
}

interface TileView {
  readonly element: HTMLElement;
  draw(tile: Tile, range: TimeRange): void;
}

function createTile(state: State): TileView {
  const label = el('span', { className: 'tile-label' });
  const value = el('span', { className: 'tile-value' });
  const note = el('span', { className: 'muted' });
  const spark = createSparkline();
  const element = el(
    'a',
    { className: 'tile' },
    label,
    el('span', { className: 'tile-line' }, value, note),
    spark.element,
  );
  let name = '';
  onPlainClick(element, () => state.change({ open: name, filter: {} }, { isStep: true }));
  return {
    element,
    draw(tile, range) {
      name = tile.name;
      setAttribute(element, 'href', state.link({ open: name, filter: {} }));
      setText(label, tile.label);
      setText(value, format(tile.value, tile.unit));
      setAttribute(value, 'title', exact(tile.value));
      setText(note, tile.note);
      element.classList.toggle('above', tile.isAbove);
      spark.element.hidden = tile.values.length === 0;
      spark.draw(tile, range);
    },
  };
}

function createRouteList(
  title: string,
  state: State,
): { readonly element: HTMLElement; draw(routes: readonly RankedRoute[]): void } {
  const list = el('ol');
  const element = el('div', {}, el('h2', { className: 'small' }, title), list);
  let shown: readonly RankedRoute[] = [];
  return {
    element,
    draw(ranked) {
      const routes = isPointedAt(list) ? inPlaces(ranked, shown) : ranked;
      shown = routes;
      element.hidden = routes.length === 0;
      fitChildren(list, routes.length, () => createRoute(state));
      for (const [i, route] of routes.entries()) fillRoute(list.children[i] as HTMLElement, route, state);
    },
  };
}

/** Returns the routes in their places, with new values as far as they are known, so that a click does not miss. */
const inPlaces = (ranked: readonly RankedRoute[], shown: readonly RankedRoute[]): readonly RankedRoute[] =>
  shown.map((before) => ranked.find(({ route }) => route === before.route) ?? before);

function createRoute(state: State): HTMLElement {
  const link = el('a', { className: 'route' });
  const item = el('li', {}, link, el('span', { className: 'muted' }), el('span', { className: 'value' }));
  onPlainClick(link, () => {
    const { family = '', label = '', route = '' } = item.dataset;
    state.change({ open: family, filter: { [label]: exactFilter(route) } }, { isStep: true });
  });
  return item;
}

function fillRoute(
  item: HTMLElement,
  { family, label, route, value, unit, note, isAbove }: RankedRoute,
  state: State,
): void {
  const [, count, number] = item.children;
  const link = item.querySelector('a')!;
  Object.assign(item.dataset, { family, label, route });
  setAttribute(link, 'href', state.link({ open: family, filter: { [label]: exactFilter(route) } }));
  setName(link, route);
  setText(count!, note);
  setText(number!, format(value, unit));
  item.classList.toggle('above', isAbove);
}
