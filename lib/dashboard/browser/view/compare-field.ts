import type { Comparison } from '../protocol.ts';
import { el, setText } from './dom.ts';
import type { State } from './state.ts';

const LIST_ID = 'compare-choices';

/** The field for the metric that is compared with the open one. */
export interface CompareField {
  readonly element: HTMLElement;
  draw(comparison: Comparison | undefined): void;
  /** Adapts to a change of the state. */
  sync(): void;
}

export function createCompareField(state: State): CompareField {
  const list = el('datalist', { id: LIST_ID });
  const input = el('input', { type: 'search', placeholder: 'another metric', spellcheck: false });
  input.setAttribute('list', LIST_ID);
  input.autocomplete = 'off';
  input.addEventListener('input', () => state.change({ compare: input.value.trim() }));
  const problem = el('span', { className: 'muted', role: 'status' });
  let shown = '';
  return {
    element: el('div', { className: 'compare' }, el('label', {}, 'Compare with', input, list), problem),
    draw(comparison) {
      const { choices = [], charts = [] } = comparison ?? {};
      const key = JSON.stringify(choices);
      if (key !== shown) list.replaceChildren(...choices.map((value) => el('option', { value })));
      shown = key;
      const isUnknown = state.current.compare !== '' && charts.length === 0;
      setText(problem, isUnknown ? (choices.length > 0 ? 'Choose a metric of the list.' : 'No such metric.') : '');
    },
    sync() {
      if (input.value.trim() !== state.current.compare) input.value = state.current.compare;
    },
  };
}
