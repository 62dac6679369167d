import { LARGE_DOCUMENT, nextDelay, urlFor } from './model/poll-policy.ts';
import type { Look, Seen, Status } from './protocol.ts';
import { type Opened, open } from './worker/detail.ts';
import { fetchDocument } from './worker/fetch-document.ts';
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
let timer: ReturnType<typeof setTimeout> | undefined;
/** Tell apart what was told already. */
let toldCatalogue = '';
let opened: { readonly key: string; readonly what: Opened } | undefined;

self.onmessage = ({ data }: MessageEvent<Look>) => {
  const before = look;
  look = data;
  const isHurried = before === undefined || data.hurry !== before.hurry || (before.isHidden && !data.isHidden);
  if (isHurried) schedule(0);
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
  return [...(state.open === '' ? [] : [state.open]), ...onScreen, ...state.pins];
}

function dueIn(): number {
  if (look === undefined) return 0;
  const { state, isHidden } = look;
  const delay = nextDelay({ interval: state.interval * 1000, isHidden, failures, took });
  return Math.max(0, lastPollAt + delay - performance.now());
}

function schedule(delay: number): void {
  clearTimeout(timer);
  if (look === undefined || isPolling || (look.state.isPaused && status.polls > 0)) return;
  timer = setTimeout(poll, delay);
}

async function poll(): Promise<void> {
  if (look === undefined) return;
  const asked = status.isPartial && failures === 0 ? names() : undefined;
  lastPollAt = performance.now();
  if (asked?.length === 0) return schedule(dueIn());
  isPolling = true;
  const url = asked === undefined ? look.url : urlFor(look.url, asked);
  const answer = await fetchDocument(url);
  const now = { time: Date.now() / 1000, clock: performance.now() / 1000 };
  if ('problem' in answer) {
    failures++;
    store.lose(now.time);
    opened?.what.lost(now.time);
  } else {
    failures = 0;
    store.take(answer.document, asked && namesIn(url), now);
    opened?.what.polled(now.time);
  }
  took = performance.now() - lastPollAt;
  isPolling = false;
  schedule(dueIn());
  status = statusAfter(answer, asked === undefined);
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
  const family = store.families.get(state.open);
  if (family === undefined) opened = undefined;
  else {
    const key = JSON.stringify([state.open, state.filter, state.order]);
    if (opened?.key !== key || opened.what.family !== family) opened = { key, what: open(family, state) };
    seen.detail = opened.what.detail(from, to);
  }
  self.postMessage(seen);
}
