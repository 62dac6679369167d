import { readHash, type ViewState, writeHash } from '../model/url-state.ts';

/** What the user looks at. The URL's fragment stores it. */
export interface State {
  readonly current: ViewState;
  /** Changes a part of the state and the URL. With `isStep`, the browser's Back undoes it. */
  change(part: Partial<ViewState>, options?: { isStep?: boolean }): void;
  /** Returns the URL of a link that changes a part of the state. */
  link(part: Partial<ViewState>): string;
  onChange(listener: (state: ViewState, before: ViewState) => void): void;
}

export function createState(defaultInterval: number): State {
  let current = readHash(location.hash, defaultInterval);
  const listeners: ((state: ViewState, before: ViewState) => void)[] = [];

  function replace(next: ViewState): void {
    const before = current;
    current = next;
    for (const listener of listeners) listener(next, before);
  }
  const urlOf = (state: ViewState) => location.pathname + location.search + writeHash(state, defaultInterval);

  window.addEventListener('popstate', () => replace(readHash(location.hash, defaultInterval)));
  return {
    get current() {
      return current;
    },
    change(part, { isStep = false } = {}) {
      const next = { ...current, ...part };
      history[isStep ? 'pushState' : 'replaceState'](null, '', urlOf(next));
      replace(next);
    },
    link: (part) => urlOf({ ...current, ...part }),
    onChange: (listener) => void listeners.push(listener),
  };
}
