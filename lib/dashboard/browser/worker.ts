import { documentUrl, fullPollDelay, LARGE_DOCUMENT, nextDelay } from './model/poll-policy.ts';
import type { Status, ViewRequest, ViewUpdate } from './protocol.ts';
import { createOpenFamily, type OpenFamily } from './worker/detail.ts';
import { currentInstant, fetchDocument } from './worker/fetch-document.ts';
import { type ChartLines, createChartLines } from './worker/lines.ts';
import { catalogueOf, rowOf } from './worker/overview.ts';
import { createStore } from './worker/store.ts';

// Documents are fetched, parsed and reduced here, so that the page stays smooth whatever their size: it gets what is on screen.

const store = createStore();
let view: ViewRequest | undefined;
let status: Status = { state: 'waiting', problem: '', families: 0, series: 0, isPartial: false, polls: 0 };
let failures = 0;
let lastPollDuration = 0;
let isPolling = false;
let lastPollAt = Number.NEGATIVE_INFINITY;
/** When the whole document is due again. */
let fullPollAt = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
/** Tell apart what was told already. */
let sentCatalogue = '';
let openFamily: { readonly key: string; readonly family: OpenFamily; readonly lines: ChartLines } | undefined;

self.onmessage = ({ data }: MessageEvent<ViewRequest>) => {
  const before = view;
  view = data;
  const isHurried = before !== undefined && data.refreshCount !== before.refreshCount;
  if (isHurried) pollIn(0);
  else if (before === undefined || (before.isHidden && !data.isHidden)) schedule(0);
  else schedule(hasStaleFamilies() ? Math.min(STALE_DELAY, delayUntilDue()) : delayUntilDue());
  postUpdate();
};

/** What has come on screen is not waited for a whole interval, nor is every step of a scrolling polled. */
const STALE_DELAY = 300;

function hasStaleFamilies(): boolean {
  return (
    status.isPartial &&
    requestedNames().some((name) => (store.families.get(name)?.polledAt ?? Infinity) * 1000 < lastPollAt)
  );
}

/** What is asked for of a large document, what matters most first. */
function requestedNames(): string[] {
  if (view === undefined) return [];
  const { state, onScreen } = view;
  const names = [...(state.open === '' ? [] : [state.open]), ...onScreen, ...state.pins];
  // With nothing on screen the server may be lost all the same.
  return names.length > 0 ? names : [...store.families.keys()].slice(0, 1);
}

function delayUntilDue(): number {
  if (view === undefined) return 0;
  const { state, isHidden } = view;
  const delay = nextDelay({ interval: state.interval * 1000, isHidden, failures, lastPollDuration });
  return Math.max(0, lastPollAt + delay - performance.now());
}

function schedule(delay: number): void {
  clearTimeout(timer);
  if (view?.state.isPaused !== true || status.polls === 0) pollIn(delay);
}

function pollIn(delay: number): void {
  clearTimeout(timer);
  if (!isPolling) timer = setTimeout(poll, delay);
}

async function poll(): Promise<void> {
  if (view === undefined) return;
  lastPollAt = performance.now();
  const isWhole = !status.isPartial || failures > 0 || (lastPollAt > fullPollAt && !view.isHidden);
  isPolling = true;
  const url = isWhole ? view.url : documentUrl(view.url, requestedNames());
  const answer = await fetchDocument(url);
  if ('problem' in answer) {
    failures++;
    const moment = store.markGap(currentInstant());
    openFamily?.family.onGap(moment);
  } else {
    failures = 0;
    const moment = store.addPoll(answer.document, isWhole ? undefined : namesInUrl(url), answer.at);
    openFamily?.family.onPoll(moment);
  }
  lastPollDuration = performance.now() - lastPollAt;
  if (isWhole) fullPollAt = performance.now() + fullPollDelay(lastPollDuration);
  isPolling = false;
  status = statusAfter(answer, isWhole);
  schedule(delayUntilDue());
  postUpdate();
}

const namesInUrl = (url: string) => new URL(url).searchParams.getAll('name[]');

function statusAfter(answer: Awaited<ReturnType<typeof fetchDocument>>, isWhole: boolean): Status {
  const polls = status.polls + 1;
  if ('problem' in answer) {
    const retryAt = Date.now() + delayUntilDue();
    return { ...status, state: 'lost', problem: answer.problem, polls, retryAt };
  }
  let series = 0;
  for (const family of store.families.values()) series += family.series.length;
  return {
    state: 'live',
    problem: '',
    polls,
    updatedAt: Date.now(),
    families: store.families.size,
    series,
    isPartial: isWhole ? answer.size >= LARGE_DOCUMENT : true,
  };
}

function postUpdate(): void {
  if (view === undefined) return;
  const { state, onScreen, from, to } = view;
  const seen: { -readonly [name in keyof ViewUpdate]: ViewUpdate[name] } = { status, rows: [] };
  const catalogue = `${store.revision} ${state.search}`;
  if (catalogue !== sentCatalogue && status.polls > 0) {
    sentCatalogue = catalogue;
    seen.catalogue = catalogueOf(store.families.values(), state.search);
  }
  seen.rows = onScreen.flatMap((name) => {
    const family = store.families.get(name);
    return family === undefined ? [] : [rowOf(family)];
  });
  const detail = openFamilyFor(state)?.detail(from, to);
  self.postMessage(detail === undefined ? seen : { ...seen, detail });
}

function openFamilyFor(state: ViewRequest['state']): OpenFamily | undefined {
  const family = store.families.get(state.open);
  const isOther = family !== openFamily?.family.family;
  if (isOther) openFamily?.lines.clear();
  if (family === undefined) openFamily = undefined;
  else {
    const key = JSON.stringify([state.filter, state.order]);
    const lines = isOther || openFamily === undefined ? createChartLines() : openFamily.lines;
    if (isOther || openFamily?.key !== key) openFamily = { key, lines, family: createOpenFamily(family, state, lines) };
  }
  return openFamily?.family;
}
