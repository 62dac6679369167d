import { clockTime } from '../model/format.ts';
import { tabTitle } from '../model/tab-title.ts';
import { INTERVALS, type Theme } from '../model/url-state.ts';
import { WINDOWS } from '../model/windows.ts';
import type { Status } from '../protocol.ts';
import { byId, el, setAttribute, setText } from './dom.ts';
import type { State } from './state.ts';

export interface Toolbar {
  show(status: Status): void;
  /** Adapts to a change of the state. */
  sync(): void;
}

const STATES = { waiting: 'Connecting', live: 'Live', paused: 'Paused', lost: 'Server lost' };

/** Creates the bar at the top: search, interval, pause, theme, and the state of the connection. */
export function createToolbar(state: State, { onRetry }: { onRetry(): void }): Toolbar {
  const search = byId<HTMLInputElement>('search');
  const interval = byId<HTMLSelectElement>('interval');
  const windowMenu = byId<HTMLSelectElement>('window');
  const theme = byId<HTMLSelectElement>('theme');
  const pause = byId<HTMLButtonElement>('pause');
  const retry = byId<HTMLButtonElement>('retry');
  const pageTitle = document.title;
  let status: Status | undefined;

  function showInterval(now: number): void {
    const choices = new Set<number>([...INTERVALS, now]);
    if (interval.options.length !== choices.size || interval.value !== String(now)) {
      const options = [...choices].sort((a, b) => a - b).map((seconds) => intervalOption(seconds));
      interval.replaceChildren(...options);
    }
    interval.value = String(now);
  }
  search.addEventListener('input', () => state.change({ search: search.value }));
  interval.addEventListener('change', () => state.change({ interval: Number(interval.value) }));
  windowMenu.replaceChildren(...WINDOWS.map(windowOption));
  windowMenu.addEventListener('change', () => state.change({ window: WINDOWS[windowMenu.selectedIndex] ?? 60 }));
  theme.addEventListener('change', () => state.change({ theme: theme.value as Theme }));
  pause.addEventListener('click', () => state.change({ isPaused: !state.current.isPaused }));
  retry.addEventListener('click', onRetry);

  function showStatus(): void {
    const isLost = status?.state === 'lost';
    const isPaused = state.current.isPaused && (status?.polls ?? 0) > 0;
    const name = isLost ? 'lost' : isPaused ? 'paused' : (status?.state ?? 'waiting');
    setAttribute(document.body, 'data-state', name);
    setText(byId('state'), isLost ? `Server lost: ${status?.problem}` : STATES[name]);
    setText(byId('facts'), status === undefined ? '' : factsOf(status, isPaused));
    retry.hidden = !isLost;
  }

  const showTitle = () => {
    document.title = tabTitle(pageTitle, state.current.open, status?.above ?? 0);
  };

  return {
    show(next) {
      status = next;
      showTitle();
      showStatus();
    },
    sync() {
      const { current } = state;
      if (search.value !== current.search) search.value = current.search;
      showInterval(current.interval);
      windowMenu.value = String(current.window);
      theme.value = current.theme;
      setAttribute(pause, 'aria-pressed', String(current.isPaused));
      if (current.theme === 'auto') document.documentElement.removeAttribute('data-theme');
      else setAttribute(document.documentElement, 'data-theme', current.theme);
      showStatus();
      showTitle();
    },
  };
}

const windowOption = (seconds: number) =>
  el('option', { value: String(seconds) }, `Over ${seconds < 60 ? `${seconds} s` : `${seconds / 60} min`}`);

const intervalOption = (seconds: number) => el('option', { value: String(seconds) }, `Every ${seconds} s`);

function factsOf({ state, updatedAt, retryAt, families, series, isPartial }: Status, isPaused: boolean): string {
  const facts: string[] = [];
  if (updatedAt !== undefined)
    facts.push(state === 'lost' ? `values of ${clockTime(updatedAt)}` : clockTime(updatedAt));
  if (state === 'lost' && retryAt !== undefined && !isPaused) facts.push(`next try at ${clockTime(retryAt)}`);
  else if (families > 0) facts.push(`${count(families, 'metric')}, ${series.toLocaleString('en')} series`);
  if (isPartial && state === 'live') facts.push('large document: only metrics on screen are polled');
  return facts.join(' · ');
}

const count = (number: number, noun: string) => `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
