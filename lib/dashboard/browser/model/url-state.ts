import type { Filter } from './search.ts';
import { WINDOWS, type Window } from './windows.ts';

/** What the user looks at. It is stored in the URL, so that a copied URL shows the same. */
export interface ViewState {
  readonly search: string;
  readonly pins: readonly string[];
  /** Seconds between polls, 1 to 60. */
  readonly interval: number;
  readonly theme: Theme;
  readonly isPaused: boolean;
  /** Name of the open family; empty for the overview. */
  readonly open: string;
  /** Name of the metric that is compared with the open one, or what was typed of it. */
  readonly compare: string;
  readonly filter: Filter;
  readonly order: Order;
  /** Label by which rows are grouped, `*` for a row for each series; empty for the usual grouping. */
  readonly group: string;
  /** Window (s) of rates and quantiles. */
  readonly window: Window;
  /** Prefixes of the folded groups. */
  readonly folded: readonly string[];
}

const THEMES = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const ORDERS = ['rate', 'value', 'errors', 'p50', 'p95', 'p99', 'time'] as const;
export type Order = (typeof ORDERS)[number];

export const INTERVALS = [1, 2, 5, 10, 15, 30, 60] as const;

const DEFAULT_WINDOW: Window = 60;

/** Prefix of the parameters that filter by label. */
const LABEL_PREFIX = 'label.';

/** Reads the state from a URL's fragment. Invalid values are ignored. */
export function readHash(hash: string, defaultInterval: number): ViewState {
  const parameters = new URLSearchParams(hash.replace(/^#/, ''));
  const interval = Number(parameters.get('interval') ?? Number.NaN);
  const filter: Record<string, string> = Object.create(null);
  for (const [key, value] of parameters)
    if (key.startsWith(LABEL_PREFIX) && value !== '') filter[key.slice(LABEL_PREFIX.length)] = value;
  return {
    search: parameters.get('q') ?? '',
    pins: [...new Set(parameters.getAll('pin'))],
    interval: Number.isInteger(interval) && interval >= 1 && interval <= 60 ? interval : defaultInterval,
    theme: THEMES.find((theme) => theme === parameters.get('theme')) ?? 'auto',
    isPaused: parameters.has('paused'),
    open: parameters.get('open') ?? '',
    compare: parameters.get('compare') ?? '',
    filter,
    order: ORDERS.find((order) => order === parameters.get('order')) ?? 'rate',
    group: parameters.get('group') ?? '',
    window: WINDOWS.find((window) => String(window) === parameters.get('window')) ?? DEFAULT_WINDOW,
    folded: [...new Set(parameters.getAll('fold'))],
  };
}

/** Returns the fragment for a state. It contains only what differs from the default. */
export function writeHash(state: ViewState, defaultInterval: number): string {
  const parameters = new URLSearchParams();
  if (state.open !== '') parameters.set('open', state.open);
  if (state.compare !== '') parameters.set('compare', state.compare);
  for (const [name, text] of Object.entries(state.filter)) if (text !== '') parameters.set(LABEL_PREFIX + name, text);
  if (state.order !== 'rate') parameters.set('order', state.order);
  if (state.group !== '') parameters.set('group', state.group);
  if (state.window !== DEFAULT_WINDOW) parameters.set('window', String(state.window));
  if (state.search !== '') parameters.set('q', state.search);
  for (const pin of state.pins) parameters.append('pin', pin);
  for (const prefix of state.folded) parameters.append('fold', prefix);
  if (state.interval !== defaultInterval) parameters.set('interval', String(state.interval));
  if (state.theme !== 'auto') parameters.set('theme', state.theme);
  if (state.isPaused) parameters.set('paused', '1');
  const text = parameters.toString();
  return text === '' ? '' : `#${text}`;
}
