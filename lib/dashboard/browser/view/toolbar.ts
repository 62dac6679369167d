import { clockTime } from '../model/format.ts';
import { tabTitle } from '../model/tab-title.ts';
import { INTERVALS, type Theme } from '../model/url-state.ts';
import { WINDOWS } from '../model/windows.ts';
import type { Status } from '../protocol.ts';
import { byId, setAttribute, setText } from './dom.ts';
import { createDurationMenu } from './duration-menu.ts';
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
  const theme = byId<HTMLSelectElement>('theme');
  const pause = byId<HTMLButtonElement>('pause');
  const interval = createDurationMenu('interval', { word: 'Every', short: '↻' }, (seconds) =>
    state.change({ interval: seconds }),
  );
  const windowMenu = createDurationMenu('window', { word: 'Over', short: '' }, (seconds) =>
    state.change({ window: WINDOWS.find((one) => one === seconds) ?? 60 }),
  );
  search.addEventListener('input', () => state.change({ search: search.value }));
  theme.addEventListener('change', () => state.change({ theme: theme.value as Theme }));
  pause.addEventListener('click', () => state.change({ isPaused: !state.current.isPaused }));
  byId('retry').addEventListener('click', onRetry);

  const pageTitle = document.title;
  let status: Status | undefined;
  const showStatus = () => {
    const { above = 0, state: connection } = status ?? {};
    document.title = tabTitle(pageTitle, state.current.open, { above, isLost: connection === 'lost' });
    drawStatus(status, state.current.isPaused);
  };

  return {
    show(next) {
      status = next;
      showStatus();
    },
    sync() {
      const { current } = state;
      if (search.value !== current.search) search.value = current.search;
      interval.draw(INTERVALS, current.interval);
      windowMenu.draw(WINDOWS, current.window);
      theme.value = current.theme;
      setAttribute(pause, 'aria-pressed', String(current.isPaused));
      if (current.theme === 'auto') document.documentElement.removeAttribute('data-theme');
      else setAttribute(document.documentElement, 'data-theme', current.theme);
      showStatus();
    },
  };
}

/** Shows the state of the connection, and what the last document contained. */
function drawStatus(status: Status | undefined, isPausedByUser: boolean): void {
  const isLost = status?.state === 'lost';
  const isPaused = isPausedByUser && (status?.polls ?? 0) > 0;
  const name = isLost ? 'lost' : isPaused ? 'paused' : (status?.state ?? 'waiting');
  setAttribute(document.body, 'data-state', name);
  setText(byId('state'), isLost ? `Server lost: ${status?.problem}` : STATES[name]);
  setText(byId('facts'), status === undefined ? '' : factsOf(status, isPaused));
  byId('retry').hidden = !isLost;
}

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
