import { readHash, type ViewState, writeHash } from '../model/url-state.ts';

/** What the reader looks at; it lives in the URL. */
export interface State {
  readonly current: ViewState;
  /** Goes to the URL at once; `isStep` for what the browser's Back should undo. */
  change(part: Partial<ViewState>, options?: { isStep?: boolean }): void;
  /** Where a link must lead to change that part. */
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
