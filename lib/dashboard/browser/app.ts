import type { ViewRequest, ViewUpdate } from './protocol.ts';
import { createDetail } from './view/detail.ts';
import { byId } from './view/dom.ts';
import { createOverview } from './view/overview.ts';
import { createState } from './view/state.ts';
import { createToolbar } from './view/toolbar.ts';

// What is looked at goes to the worker, and what is seen comes back from it: the page holds what is on screen, and no more.

const { document: documentName = '', worker: workerName = '', interval = '' } = document.body.dataset;
const url = new URL(documentName, location.href).href;
const worker = new Worker(workerName);
const state = createState(Number(interval));
const sections = { overview: byId('overview'), detail: byId('detail') };

const bar = createToolbar(state, {
  onRetry() {
    refreshCount++;
    requestView();
  },
});
const list = createOverview(sections.overview, state, requestView);
const family = createDetail(sections.detail, state, requestView);

let refreshCount = 0;
let isRequestQueued = false;

/** Tells the worker, once for all that changes in one go. */
function requestView(): void {
  if (isRequestQueued) return;
  isRequestQueued = true;
  queueMicrotask(() => {
    isRequestQueued = false;
    const { current } = state;
    const [from, to] = current.open === '' ? [0, 0] : family.range;
    const onScreen = current.open === '' ? list.onScreen : [];
    worker.postMessage({
      url,
      state: current,
      isHidden: document.hidden,
      onScreen,
      from,
      to,
      refreshCount,
    } satisfies ViewRequest);
  });
}

worker.onmessage = ({ data }: MessageEvent<ViewUpdate>) => {
  bar.show(data.status);
  list.show(data);
  family.show(data);
};

let scrolledTo = 0;

/** Shows the overview or the open family, and brings the focus along when one takes the other's place. */
function showSection(before: string, { isFirst }: { isFirst: boolean }): void {
  const { open } = state.current;
  if (open !== '' && before === '') scrolledTo = isFirst ? 0 : window.scrollY;
  sections.overview.hidden = open !== '';
  sections.detail.hidden = open === '';
  family.sync();
  list.refresh();
  if (isFirst || open === before) return;
  window.scrollTo(0, open === '' ? scrolledTo : 0);
  if (open === '') list.focus(before);
  else family.focus();
}

state.onChange((now, before) => {
  bar.sync();
  if (now.theme !== before.theme) family.repaint();
  showSection(before.open, { isFirst: false });
  requestView();
});

document.addEventListener('visibilitychange', requestView);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => family.repaint());

document.addEventListener('keydown', (event) => {
  const field = (event.target as Element).closest('input, select, textarea');
  if (event.key === '/' && field === null && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    if (state.current.open !== '') state.change({ open: '', filter: {} }, { isStep: true });
    byId<HTMLInputElement>('search').select();
  } else if (event.key === 'Escape') {
    if (field?.id === 'search' && state.current.search !== '') state.change({ search: '' });
    else if (state.current.open !== '') state.change({ open: '', filter: {} }, { isStep: true });
    else if (field instanceof HTMLElement) field.blur();
  }
});

bar.sync();
showSection('', { isFirst: true });
requestView();
