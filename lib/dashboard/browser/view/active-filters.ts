import { el } from './dom.ts';
import { setFilter } from './label-filters.ts';
import type { State } from './state.ts';

/** The filters of the open family, next to its title, as its figures and charts are those of the filtered series. */
export interface ActiveFilters {
  readonly element: HTMLElement;
  /** Adapts to a change of the state. */
  sync(): void;
}

export function createActiveFilters(state: State): ActiveFilters {
  const element = el('p', { className: 'only', role: 'group', 'aria-label': 'Active filters', hidden: true });
  let shown = '';
  return {
    element,
    sync() {
      const { filter } = state.current;
      const key = JSON.stringify(filter);
      if (key === shown) return;
      shown = key;
      const filters = Object.entries(filter);
      element.hidden = filters.length === 0;
      element.replaceChildren('Only series with', ...filters.map(([name, text]) => createFilter(name, text, state)));
    },
  };
}

/** Creates a button that removes a filter. The style sheet draws its cross. */
function createFilter(name: string, text: string, state: State): HTMLElement {
  const isExact = text.startsWith('=');
  const value = isExact ? text.slice(1) || '(empty)' : text;
  const label = `${name} ${isExact ? '=' : 'contains'} ${value}`;
  const button = el('button', { type: 'button', className: 'chip', title: label, 'aria-label': `Remove: ${label}` });
  button.append(el('span', { className: 'chip-name' }, `${name} ${isExact ? '=' : 'contains'}`), el('bdi', {}, value));
  button.addEventListener('click', () => {
    const group = button.parentElement!;
    setFilter(state, name, '');
    // The button is gone. The focus moves to the next one, or to the title.
    const next = group.querySelector('button') ?? group.closest('section')?.querySelector('h2');
    next?.focus({ preventScroll: true });
  });
  return button;
}
