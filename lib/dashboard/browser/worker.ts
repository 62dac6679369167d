import { LARGE_DOCUMENT, nextDelay, urlFor, wholeDelay } from './model/poll-policy.ts';
import type { Look, Seen, Status } from './protocol.ts';
import { type Opened, open } from './worker/detail.ts';
import { fetchDocument, instant } from './worker/fetch-document.ts';
import { createLines, type Lines } from './worker/lines.ts';
import { catalogueOf, rowOf } from './worker/overview.ts';
import { createStore } from './worker/store.ts';

// Documents are fetched, parsed and reduced here, so that the page stays smooth whatever their size: it gets what is on screen.

const store = createStore();
let look: Look | undefined;
let status: Status = { state: 'waiting', problem: '', families: 0, series: 0, isPartial: false, polls: 0 };
let failures = 0;
let took = 0;
let isPolling = false;
let lastPollAt = Number.NEGATIVE_INFINITY;
/** When the whole document is due again. */
let wholeAt = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
/** Tell apart what was told already. */
let toldCatalogue = '';
let opened: { readonly key: string; readonly what: Opened; readonly lines: Lines } | undefined;

self.onmessage = ({ data }: MessageEvent<Look>) => {
  const before = look;
  look = data;
  const isHurried = before !== undefined && data.hurry !== before.hurry;
  if (isHurried) pollIn(0);
  else if (before === undefined || (before.isHidden && !data.isHidden)) schedule(0);
  else schedule(hasNews() ? Math.min(NEWS_DELAY, dueIn()) : dueIn());
  tell();
};

/** What has come on screen is not waited for a whole interval, nor is every step of a scrolling polled. */
const NEWS_DELAY = 300;

function hasNews(): boolean {
  return (
    status.isPartial && names().some((name) => (store.families.get(name)?.polledAt ?? Infinity) * 1000 < lastPollAt)
  );
}

/** What is asked for of a large document, what matters most first. */
function names(): string[] {
  if (look === undefined) return [];
  const { state, onScreen } = look;
  const names = [...(state.open === '' ? [] : [state.open]), ...onScreen, ...state.pins];
  // With nothing on screen the server may be lost all the same.
  return names.length > 0 ? names : [...store.families.keys()].slice(0, 1);
}

function dueIn(): number {
  if (look === undefined) return 0;
  const { state, isHidden } = look;
  const delay = nextDelay({ interval: state.interval * 1000, isHidden, failures, took });
  return Math.max(0, lastPollAt + delay - performance.now());
}

function schedule(delay: number): void {
  clearTimeout(timer);
  if (look?.state.isPaused !== true || status.polls === 0) pollIn(delay);
}

function pollIn(delay: number): void {
  clearTimeout(timer);
  if (!isPolling) timer = setTimeout(poll, delay);
}

async function poll(): Promise<void> {
  if (look === undefined) return;
  lastPollAt = performance.now();
  const isWhole = !status.isPartial || failures > 0 || (lastPollAt > wholeAt && !look.isHidden);
  isPolling = true;
  const url = isWhole ? look.url : urlFor(look.url, names());
  const answer = await fetchDocument(url);
  if ('problem' in answer) {
    failures++;
    const moment = store.lose(instant());
    opened?.what.lost(moment);
  } else {
    failures = 0;
    const moment = store.take(answer.document, isWhole ? undefined : namesIn(url), answer.at);
    opened?.what.polled(moment);
  }
  took = performance.now() - lastPollAt;
  if (isWhole) wholeAt = performance.now() + wholeDelay(took);
  isPolling = false;
  status = statusAfter(answer, isWhole);
  schedule(dueIn());
  tell();
}

const namesIn = (url: string) => new URL(url).searchParams.getAll('name[]');

function statusAfter(answer: Awaited<ReturnType<typeof fetchDocument>>, isWhole: boolean): Status {
  const polls = status.polls + 1;
  if ('problem' in answer) {
    const retryAt = Date.now() + dueIn();
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

function tell(): void {
  if (look === undefined) return;
  const { state, onScreen, from, to } = look;
  const seen: { -readonly [name in keyof Seen]: Seen[name] } = { status, rows: [] };
  const catalogue = `${store.edition} ${state.search}`;
  if (catalogue !== toldCatalogue && status.polls > 0) {
    toldCatalogue = catalogue;
    seen.catalogue = catalogueOf(store.families.values(), state.search);
  }
  seen.rows = onScreen.flatMap((name) => {
    const family = store.families.get(name);
    return family === undefined ? [] : [rowOf(family)];
  });
  const detail = openedFor(state)?.detail(from, to);
  self.postMessage(detail === undefined ? seen : { ...seen, detail });
}

function openedFor(state: Look['state']): Opened | undefined {
  const family = store.families.get(state.open);
  const isOther = family !== opened?.what.family;
  if (isOther) opened?.lines.end();
  if (family === undefined) opened = undefined;
  else {
    const key = JSON.stringify([state.filter, state.order]);
    const lines = isOther || opened === undefined ? createLines() : opened.lines;
    if (isOther || opened?.key !== key) opened = { key, lines, what: open(family, state, lines) };
  }
  return opened?.what;
}
