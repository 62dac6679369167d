import type { LabelSet } from '../../model/metric-family.ts';
import { yieldToEventLoop } from '../../util/event-loop.ts';
import { isSameList } from '../../util/is-same-list.ts';
import { type FamilyHead, type FamilyTable, isSameShape, type Series, type Shape } from './family-table.ts';

/**
 * Part of a snapshot of a process on a channel: first the changes of its series, of which there are usually none, then
 * the values of all series in turn. Snapshots are sent in parts because reading a large message would block the event
 * loop.
 */
export type SnapshotPart = { readonly update: FamilyUpdate } | { readonly values: Float64Array };

/** End of a snapshot, after its parts. */
export interface SnapshotEnd {
  /** Number of parts of this snapshot. Earlier ones belong to a snapshot that failed. */
  readonly parts: number;
  /** Ids of the families in the order of their values; undefined if it has not changed. */
  readonly order?: readonly number[];
}

/** Changes of a family: its first `keep` series are unchanged, and those of the runs follow. */
export interface FamilyUpdate {
  /** Id of the family on this channel. */
  readonly id: number;
  readonly head?: FamilyHead;
  readonly keep: number;
  readonly runs: readonly SeriesRun[];
}

/** Consecutive series with the same label names and shape. */
export interface SeriesRun {
  readonly names: readonly string[];
  readonly shape?: Shape;
  readonly count: number;
  /** Label values, series by series. */
  readonly texts: readonly string[];
}

/** Number of characters of label values in one message. */
const MAX_CHARACTERS = 32 * 1024;
/** Number of values in one message. */
const MAX_VALUES = 64 * 1024;

/** Encodes tables for one channel, with a `SnapshotDecoder` at its other end. */
export class SnapshotEncoder {
  private sent: ReadonlyMap<string, Sent> = new Map();
  private order: readonly number[] = [];
  private lastId = 0;

  /** Sends a snapshot. Calls must not overlap. One that throws does not change the state for the next one. */
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
  let newHead = last?.head === head ? {} : { head };
  do {
    const { runs, end } = runsFrom(series, keep);
    send({ update: { id, ...newHead, keep, runs } });
    keep = end;
    newHead = {};
    await yieldToEventLoop();
  } while (keep < series.length);
}

function commonStart(before: readonly Series[], after: readonly Series[]): number {
  let i = 0;
  while (i < before.length && before[i] === after[i]) i++;
  return i;
}

/** Returns the series of one message, from a position on. */
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
  // Estimate for a series besides its values.
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
