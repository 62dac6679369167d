import type { ExportFormat, Settings, ViewRequest, ViewUpdate } from './protocol.ts';
import { CLOSED } from './view/controls.ts';
import { DetailView } from './view/detail.ts';
import { byId } from './view/dom.ts';
import { Overview } from './view/overview.ts';
import { createState } from './view/state.ts';
import { createToolbar } from './view/toolbar.ts';

// The page sends its worker what the user looks at, and receives the values to show. It holds only what is on screen.

const {
  document: documentName = '',
  worker: workerName = '',
  interval = '',
  rollups,
  history,
  thresholds = '[]',
} = document.body.dataset;
const settings: Settings = {
  rollups: rollups !== 'false',
  thresholds: JSON.parse(thresholds),
  history: history ? new URL(history, location.href).href : '',
};
const url = new URL(documentName, location.href).href;
const worker = new Worker(workerName);
const state = createState(Number(interval));
const sections = { overview: byId('overview'), detail: byId('detail') };

/** Increased when the user asks for a poll at once. */
let refreshCount = 0;
let isRequestQueued = false;
/** Format of the file to ask for with the next request. */
let exports: ExportFormat | undefined;
/** Scroll position of the overview while a family is open. */
let overviewScroll = 0;

const toolbar = createToolbar(state, {
  onRetry() {
    refreshCount++;
    requestView();
  },
});
const overview = new Overview(sections.overview, state, requestView);
const detail = new DetailView(sections.detail, {
  state,
  documentUrl: url,
  onRange: requestView,
  onExport(format) {
    exports = format;
    requestView();
  },
});

worker.onmessage = ({ data }: MessageEvent<ViewUpdate>) => {
  toolbar.show(data.status);
  overview.show(data);
  detail.show(data);
};

state.onChange((now, before) => {
  toolbar.sync();
  if (now.theme !== before.theme) detail.repaint();
  showSection(before.open, { isFirst: false });
  requestView();
});

document.addEventListener('visibilitychange', requestView);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => detail.repaint());
document.addEventListener('keydown', (event) => {
  const field = (event.target as Element).closest('input, select, textarea');
  if (event.key === '/' && field === null && !event.ctrlKey && !event.metaKey && !event.altKey) startSearch(event);
  else if (event.key === 'Escape') leave(field);
  else if (field?.id === 'search' && ['Enter', 'ArrowDown'].includes(event.key)) showResults(event);
});

toolbar.sync();
showSection('', { isFirst: true });
requestView();

/** Sends the view to the worker, once for all changes of the same turn. */
function requestView(): void {
  if (isRequestQueued) return;
  isRequestQueued = true;
  queueMicrotask(() => {
    isRequestQueued = false;
    const { current } = state;
    const [from, to] = current.open === '' ? [0, 0] : detail.range;
    const onScreen = current.open === '' ? overview.onScreen : [];
    const isHidden = document.hidden;
    const { holdsRows } = detail;
    const request: ViewRequest = {
      url,
      state: current,
      isHidden,
      onScreen,
      from,
      to,
      refreshCount,
      settings,
      holdsRows,
      exports,
    };
    exports = undefined;
    worker.postMessage(request);
  });
}

/** Shows the overview or the open family, and moves the focus when one replaces the other. */
function showSection(before: string, { isFirst }: { isFirst: boolean }): void {
  const { open } = state.current;
  if (open !== '' && before === '') overviewScroll = isFirst ? 0 : window.scrollY;
  sections.overview.hidden = open !== '';
  sections.detail.hidden = open === '';
  detail.sync();
  overview.refresh();
  if (isFirst || open === before) return;
  window.scrollTo(0, open === '' ? overviewScroll : 0);
  if (open === '') overview.focus(before);
  else detail.focus();
}

function startSearch(event: KeyboardEvent): void {
  event.preventDefault();
  if (state.current.open !== '') state.change(CLOSED, { isStep: true });
  byId<HTMLInputElement>('search').select();
}

/** Moves from the search to its first result. */
function showResults(event: KeyboardEvent): void {
  event.preventDefault();
  if (state.current.open !== '') state.change(CLOSED, { isStep: true });
  overview.focusFirst();
}

/** Clears the search, closes the open family or leaves the field: the first that applies. */
function leave(field: Element | null): void {
  if (field?.id === 'search' && state.current.search !== '') state.change({ search: '' });
  else if (state.current.open !== '') state.change(CLOSED, { isStep: true });
  else if (field instanceof HTMLElement) field.blur();
}
