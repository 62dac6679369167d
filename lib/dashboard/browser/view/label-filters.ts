import { exactFilter, filterText } from '../model/search.ts';
import type { LabelChoice } from '../protocol.ts';
import { el } from './dom.ts';
import type { State } from './state.ts';

/** The fields by which the series of a family are filtered, one for each label. */
export interface LabelFilters {
  readonly element: HTMLElement;
  draw(labels: readonly LabelChoice[]): void;
}

/** Number of lists of choices so far, for unique ids. */
let choiceLists = 0;

export function createLabelFilters(state: State): LabelFilters {
  const element = el('div', { className: 'filters', role: 'group', 'aria-label': 'Filter by label' });
  return { element, draw: (labels) => drawFilters(element, labels, state) };
}

/** Draws an input for each label. A label that is filtered by has one even if no series has it, to remove the filter. */
function drawFilters(filters: HTMLElement, labels: readonly LabelChoice[], state: State): void {
  const choices = new Map(labels.map(({ name, values }) => [name, values]));
  for (const name of Object.keys(state.current.filter)) if (!choices.has(name)) choices.set(name, []);
  const inputs = new Map([...filters.children].map((label) => [(label as HTMLElement).dataset.label, label]));
  for (const [name, label] of inputs) {
    const isWanted = choices.has(name ?? '') || label.contains(document.activeElement);
    if (!isWanted) label.remove();
  }
  for (const [name, values] of choices) {
    const label = inputs.get(name) ?? filters.appendChild(createFilterInput(name, state));
    drawChoices(label.querySelector('datalist')!, values);
  }
}

function createFilterInput(name: string, state: State): HTMLElement {
  const list = el('datalist', { id: `choices-${choiceLists++}` });
  const title = `A part of the value, or = and the whole of it, as in ${exactFilter('value')}`;
  const input = el('input', {
    type: 'search',
    value: filterText(state.current.filter, name),
    placeholder: 'any',
    title,
  });
  input.setAttribute('list', list.id);
  input.autocomplete = 'off';
  input.addEventListener('input', () => setFilter(state, name, input.value));
  const label = el('label', {}, el('bdi', {}, name), input, list);
  label.dataset.label = name;
  return label;
}

function drawChoices(list: HTMLElement, values: readonly string[]): void {
  const key = JSON.stringify(values);
  if (list.dataset.key === key) return;
  list.dataset.key = key;
  list.replaceChildren(...values.map((value) => el('option', { value })));
}

/** Filters by a label; an empty text removes the filter. */
export function setFilter(state: State, name: string, text: string): void {
  const { [name]: _, ...others } = state.current.filter;
  state.change({ filter: text === '' ? others : { ...others, [name]: text } });
}

/** Shows filters that changed by other means than typing. */
export function syncFilters(element: HTMLElement, state: State): void {
  for (const label of element.querySelectorAll<HTMLElement>('[data-label]')) {
    const input = label.querySelector('input')!;
    const text = filterText(state.current.filter, label.dataset.label ?? '');
    if (input.value !== text) input.value = text;
  }
}
