import type { LabelSet } from '../../model/metric-family.ts';
import { yieldToEventLoop } from '../../util/event-loop.ts';
import { isSameList } from '../../util/is-same-list.ts';
import { type FamilyHead, type FamilyTable, isSameShape, type Series, type Shape } from './family-table.ts';

/**
 * What goes over a channel for each snapshot of a process: first what is new of its series, mostly nothing; then
 * all values, one behind the other. In pieces, as reading a large message would itself be a stall.
 */
export type SnapshotPart = { readonly update: FamilyUpdate } | { readonly values: Float64Array };

/** Behind the parts. */
export interface SnapshotEnd {
  /** How many parts are of this snapshot: those sent before belong to one that failed. */
  readonly parts: number;
  /** The families, by number, in the order of their values; undefined when it is the last one. */
  readonly order?: readonly number[];
}

/** Changes of a family: its first `keep` series stay as they were, and the runs follow. */
export interface FamilyUpdate {
  /** The family's number on this channel. */
  readonly id: number;
  readonly head?: FamilyHead;
  readonly keep: number;
  readonly runs: readonly SeriesRun[];
}

/** Series of the same label names and shape. */
export interface SeriesRun {
  readonly names: readonly string[];
  readonly shape?: Shape;
  readonly count: number;
  /** The label values, series by series. */
  readonly texts: readonly string[];
}

/** How many characters of label values make a message. */
const MAX_CHARACTERS = 32 * 1024;
/** How many values make a message. */
const MAX_VALUES = 64 * 1024;

/** Puts tables on one channel; a `SnapshotDecoder` at its other end makes the same of them. */
export class SnapshotEncoder {
  private sent: ReadonlyMap<string, Sent> = new Map();
  private order: readonly number[] = [];
  private lastId = 0;

  /** One at a time. One that throws leaves nothing behind: the next one starts from the same state. */
  async encode(tables: readonly FamilyTable[], send: (part: SnapshotPart) => void): Promise<SnapshotEnd> {
    let parts = 0;
    const sendPart = (part: SnapshotPart) => {
      parts++;
      send(part);
    };
    const sent = new Map<string, Sent>();
    for (const table of tables) {
      const last = this.sent.get(table.head.name);
      const id = last?.id ?? ++this.lastId;
      await sendUpdates(id, last?.table, table, sendPart);
      sent.set(table.head.name, { id, table });
    }
    await sendValues(tables, sendPart);
    const order = Array.from(sent.values(), ({ id }) => id);
    const isKnown = isSameList(order, this.order);
    this.sent = sent;
    this.order = order;
    return isKnown ? { parts } : { parts, order };
  }
}

interface Sent {
  readonly id: number;
  readonly table: FamilyTable;
}

async function sendUpdates(
  id: number,
  last: FamilyTable | undefined,
  { head, series }: FamilyTable,
  send: (part: SnapshotPart) => void,
): Promise<void> {
  if (last?.head === head && last.series === series) return;
  let keep = last === undefined ? 0 : commonStart(last.series, series);
  let news = last?.head === head ? {} : { head };
  do {
    const { runs, end } = runsFrom(series, keep);
    send({ update: { id, ...news, keep, runs } });
    keep = end;
    news = {};
    await yieldToEventLoop();
  } while (keep < series.length);
}

function commonStart(before: readonly Series[], after: readonly Series[]): number {
  let i = 0;
  while (i < before.length && before[i] === after[i]) i++;
  return i;
}

/** As many series as make a message. */
function runsFrom(series: readonly Series[], from: number): { runs: SeriesRun[]; end: number } {
  const runs: (SeriesRun & { count: number; texts: string[] })[] = [];
  let characters = 0;
  let i = from;
  for (; i < series.length && characters < MAX_CHARACTERS; i++) {
    const { labels, shape } = series[i] as Series;
    const names = Object.keys(labels);
    let run = runs.at(-1);
    if (run === undefined || !isSameShape(run.shape, shape) || !isSameList(run.names, names)) {
      run = { names, ...(shape !== undefined && { shape }), count: 0, texts: [] };
      runs.push(run);
      characters += names.join('').length + 8 * (shape?.keys.length ?? 0);
    }
    run.count++;
    characters += addTexts(run.texts, labels, names);
  }
  return { runs, end: i };
}

function addTexts(texts: string[], labels: LabelSet, names: readonly string[]): number {
  // What a series costs beside its texts.
  let characters = 8;
  for (const name of names) {
    const text = labels[name] as string;
    texts.push(text);
    characters += text.length;
  }
  return characters;
}

async function sendValues(tables: readonly FamilyTable[], send: (part: SnapshotPart) => void): Promise<void> {
  let left = tables.reduce((sum, { values }) => sum + values.length, 0);
  let part = new Float64Array(Math.min(left, MAX_VALUES));
  let length = 0;
  for (const { values } of tables) {
    for (let at = 0; at < values.length; ) {
      const piece = values.subarray(at, at + part.length - length);
      part.set(piece, length);
      at += piece.length;
      length += piece.length;
      if (length < part.length) continue;
      send({ values: part });
      left -= length;
      part = new Float64Array(Math.min(left, MAX_VALUES));
      length = 0;
      await yieldToEventLoop();
    }
  }
}
