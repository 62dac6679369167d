import { documentUrl, fullPollDelay, LARGE_DOCUMENT, nextDelay } from './model/poll-policy.ts';
import { thresholdsByName } from './model/thresholds.ts';
import type { ExportedFile, ExportFormat, Row, Status, ViewRequest, ViewUpdate } from './protocol.ts';
import { ChartLines } from './worker/chart-lines.ts';
import { comparedName, comparisonOf } from './worker/comparison.ts';
import { exportOf } from './worker/export.ts';
import { currentInstant, fetchDocument, type Poll } from './worker/fetch-document.ts';
import { firstScreenNames, firstScreenOf, tilesIn } from './worker/first-screen.ts';
import { catalogueOf, rowOf } from './worker/overview.ts';
import { readHistory } from './worker/past.ts';
import { ShownFamily } from './worker/shown-family.ts';
import { Store } from './worker/store.ts';

// Documents are fetched, parsed and reduced in this worker, so that large ones do not block the page.

/**
 * Delay (ms) of the poll after families came on screen that the last poll did not contain. It is shorter than the
 * interval, but long enough that scrolling does not poll at each step.
 */
const STALE_DELAY = 300;

/** Number of requests for the past that fail in a row, after which there are no more. */
const MAX_PAST_FAILURES = 3;

const store = new Store();
const lines = new ChartLines();
const opened = new ShownFamily(store, lines);
/** The family that is compared with the open one. */
const compared = new ShownFamily(store, lines);
/** The page's last request; undefined before the first. */
let view: ViewRequest | undefined;
/** Thresholds by the names of families. */
let limits: ReadonlyMap<string, number> = new Map();
let status: Status = { state: 'waiting', problem: '', families: 0, series: 0, isPartial: false, polls: 0, above: 0 };
/** Number of polls that failed since the last success. */
let failures = 0;
let lastPollDuration = 0;
let wasLastPollWhole = true;
let lastPollAt = Number.NEGATIVE_INFINITY;
/** Time from which the next poll requests the whole of a large document. */
let fullPollAt = 0;
let isPolling = false;
let timer: ReturnType<typeof setTimeout> | undefined;
/** Families whose past was loaded. */
const loadedPast = new Set<string>();
let isLoadingPast = false;
/** Number of requests for the past that failed since the last success. */
let pastFailures = 0;
/** Key of the catalogue that the page has. */
let sentCatalogue = '';

self.onmessage = ({ data }: MessageEvent<ViewRequest>) => {
  const before = view;
  view = data;
  limits = thresholdsByName(data.settings.thresholds);
  store.canRollUp = data.settings.rollups;
  store.window = data.state.window;
  if (opened.current !== undefined) opened.current.holdsRows = data.holdsRows;
  const isRefresh = before !== undefined && data.refreshCount !== before.refreshCount;
  const isShownAgain = before?.isHidden === true && !data.isHidden;
  if (isRefresh) pollIn(0);
  else if (before === undefined || isShownAgain) schedule(0);
  else schedule(hasStaleFamilies() ? Math.min(STALE_DELAY, delayUntilDue()) : delayUntilDue());
  postUpdate(data.exports);
  void loadPast();
};

/** Whether a family on screen was not in the last poll. */
function hasStaleFamilies(): boolean {
  const isStale = (name: string) => (store.families.get(name)?.polledAt ?? Infinity) * 1000 < lastPollAt;
  return status.isPartial && requestedNames().some(isStale);
}

/** Returns the families to request of a large document, the most important first. */
function requestedNames(): string[] {
  if (view === undefined) return [];
  const { state, onScreen } = view;
  const watched = [...limits.keys()].filter((name) => store.families.has(name));
  const first = isOverview(state) ? firstScreenNames(store.families) : [];
  const compare = comparedName(state, store.families);
  const shown = [state.open, compare].filter((name) => name !== '');
  const names = [...shown, ...first, ...watched, ...onScreen, ...state.pins];
  // With nothing on screen, one family shows whether the server is reachable.
  return names.length > 0 ? names : [...store.families.keys()].slice(0, 1);
}

/** Whether the first screen is shown, above all metrics. */
const isOverview = ({ open, search }: ViewRequest['state']) => open === '' && search === '';

function delayUntilDue(): number {
  if (view === undefined) return 0;
  const { state, isHidden } = view;
  const isPartNext = wasLastPollWhole && status.isPartial;
  const delay = nextDelay({ interval: state.interval * 1000, isHidden, failures, lastPollDuration, isPartNext });
  return Math.max(0, lastPollAt + delay - performance.now());
}

/** Polls after the delay, unless the page is paused and has values. */
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
  const url = isWhole ? view.url : documentUrl(view.url, requestedNames());
  isPolling = true;
  const result = await fetchDocument(url);
  isPolling = false;
  addToStore(result, isWhole ? undefined : namesInUrl(url));
  lastPollDuration = performance.now() - lastPollAt;
  wasLastPollWhole = isWhole;
  if (isWhole) fullPollAt = performance.now() + fullPollDelay(lastPollDuration);
  status = statusAfter(result, isWhole);
  schedule(delayUntilDue());
  postUpdate();
  void loadPast();
}

/** Loads the past of the families on screen that have none yet. */
async function loadPast(): Promise<void> {
  if (view === undefined || view.settings.history === '' || isLoadingPast || pastFailures >= MAX_PAST_FAILURES) return;
  const names = requestedNames().filter((name) => store.families.has(name) && !loadedPast.has(name));
  if (names.length === 0) return;
  const url = documentUrl(view.settings.history, names);
  isLoadingPast = true;
  const result = await fetchDocument(url);
  isLoadingPast = false;
  pastFailures = 'problem' in result ? pastFailures + 1 : 0;
  if ('problem' in result) return;
  const past = readHistory(result.document);
  // A service that has just started has no sample yet. The next poll asks again.
  if (past.length === 0) return;
  for (const name of namesInUrl(url)) loadedPast.add(name);
  store.load(past, result.at);
  // Its figures and lines are computed again, with the past.
  for (const one of [opened, compared]) one.invalidate();
  postUpdate();
  void loadPast();
}

function addToStore(result: Poll, requested: readonly string[] | undefined): void {
  if ('problem' in result) {
    failures++;
    const moment = store.markGap(currentInstant());
    for (const { current } of [opened, compared]) current?.onGap(moment);
  } else {
    failures = 0;
    const moment = store.addPoll(result.document, requested, result.at);
    for (const { current } of [opened, compared]) current?.onPoll(moment);
  }
}

const namesInUrl = (url: string) => new URL(url).searchParams.getAll('name[]');

function statusAfter(result: Poll, isWhole: boolean): Status {
  const polls = status.polls + 1;
  if ('problem' in result) {
    const retryAt = Date.now() + delayUntilDue();
    return { ...status, state: 'lost', problem: result.problem, polls, retryAt };
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
    above: countAbove(),
    isPartial: isWhole ? result.size >= LARGE_DOCUMENT : true,
  };
}

function countAbove(): number {
  const tiles = tilesIn(store.families, limits).filter(({ name }) => !limits.has(name));
  return [...rowsOf(limits.keys()), ...tiles].filter(({ isAbove }) => isAbove).length;
}

/** Returns the rows of those families that exist. */
function rowsOf(names: Iterable<string>): Row[] {
  return Array.from(names).flatMap((name) => {
    const family = store.families.get(name);
    return family === undefined ? [] : [rowOf(family, limits)];
  });
}

function postUpdate(exports?: ExportFormat): void {
  if (view === undefined) return;
  const { state, onScreen, from, to } = view;
  const catalogue = changedCatalogue(state.search);
  if (state.open === '') lines.clear();
  const detail = opened.show(state.open, state)?.detail({ from, to, limits });
  const comparison = detail && comparisonOf(compared, { families: store.families, state, limits });
  const exported = exports && exportedFile(state, exports);
  const firstScreen = isOverview(state) ? firstScreenOf(store.families, limits) : undefined;
  const update: ViewUpdate = {
    status,
    rows: rowsOf(onScreen),
    ...(catalogue && { catalogue }),
    ...(detail && { detail }),
    ...(comparison && { comparison }),
    ...(firstScreen && { firstScreen }),
    ...(exported && { exported }),
  };
  self.postMessage(update);
}

function exportedFile(state: ViewRequest['state'], format: ExportFormat): ExportedFile | undefined {
  const detail = opened.current?.detail({ from: 0, to: Infinity, limits, maxLength: Infinity });
  return detail && exportOf(detail, format, state);
}

/** Returns the catalogue if the page does not have it yet. */
function changedCatalogue(search: string): ViewUpdate['catalogue'] {
  const key = `${store.revision} ${search}`;
  if (key === sentCatalogue || status.polls === 0) return undefined;
  sentCatalogue = key;
  return catalogueOf(store.families.values(), search);
}
