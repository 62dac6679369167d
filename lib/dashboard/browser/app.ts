import type { Look, Seen } from './protocol.ts';
import { detail } from './view/detail.ts';
import { byId } from './view/dom.ts';
import { overview } from './view/overview.ts';
import { createState } from './view/state.ts';
import { toolbar } from './view/toolbar.ts';

// What is looked at goes to the worker, and what is seen comes back from it: the page holds what is on screen, and no more.

const { document: documentName = '', worker: workerName = '', interval = '' } = document.body.dataset;
const url = new URL(documentName, location.href).href;
const worker = new Worker(workerName);
const state = createState(Number(interval));
const sections = { overview: byId('overview'), detail: byId('detail') };

const bar = toolbar(state, {
  onRetry() {
    hurry++;
    look();
  },
});
const list = overview(sections.overview, state, look);
const family = detail(sections.detail, state, look);

let hurry = 0;
let isDue = false;

/** Tells the worker, once for all that changes in one go. */
function look(): void {
  if (isDue) return;
  isDue = true;
  queueMicrotask(() => {
    isDue = false;
    const { current } = state;
    const [from, to] = current.open === '' ? [0, 0] : family.range;
    const onScreen = current.open === '' ? list.onScreen : [];
    worker.postMessage({ url, state: current, isHidden: document.hidden, onScreen, from, to, hurry } satisfies Look);
  });
}

worker.onmessage = ({ data }: MessageEvent<Seen>) => {
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
  look();
});

document.addEventListener('visibilitychange', look);
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
look();
