import type { ViewState } from '../model/url-state.ts';
import { el, setAttribute } from './dom.ts';
import type { State } from './state.ts';

/** Makes a click on a link change the state, unless it opens a new tab or window. */
export function onPlainClick(link: HTMLAnchorElement, action: () => void): void {
  link.addEventListener('click', (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    action();
  });
}

/** A button that pins or unpins a family. */
export interface PinButton {
  readonly element: HTMLButtonElement;
  show(name: string, isPinned: boolean): void;
}

export function createPinButton(state: State): PinButton {
  const element = el('button', { type: 'button', className: 'pin' });
  let name = '';
  element.addEventListener('click', () => {
    const { pins } = state.current;
    state.change({ pins: toggled(pins, name) });
  });
  return {
    element,
    show(next, isPinned) {
      name = next;
      setAttribute(element, 'aria-pressed', String(isPinned));
      setAttribute(element, 'aria-label', `Pin ${name}`);
    },
  };
}

/** Returns the list without the item or, if it is missing, with it at the end. */
export function toggled(list: readonly string[], item: string): string[] {
  return list.includes(item) ? list.filter((other) => other !== item) : [...list, item];
}

/** Shows the overview, without the filter and comparison of the family that was open. */
export const CLOSED = { open: '', compare: '', filter: {}, group: '' } as const satisfies Partial<ViewState>;
