import type { LabelSet } from '../../model/metric-family.ts';
import { yieldToEventLoop } from '../../util/event-loop.ts';
import type { Steps } from '../../util/steps.ts';
import type { FamilyHistory } from './family-history.ts';
import type { MetricsHistory } from './metrics-history.ts';
import type { ValueRing } from './value-ring.ts';

/** Families whose series a document has. All others have totals only. */
export interface HistoryRequest {
  /** Whether the request names the family. */
  isNamed(name: string): boolean;
  /** Whether the document has the family at all. */
  wants(name: string): boolean;
}

/** Minimum length of a chunk except the last. */
const CHUNK_SIZE = 32 * 1024;

/** Decimals of the ages (s). */
const MILLI = 1000;

/**
 * Writes the history as JSON, in chunks of ASCII. Columns have a number or `null` for each moment, oldest first. `now` is
 * the time (ms) on the clock of the moments.
 */
export function* writeHistory(history: MetricsHistory, request: HistoryRequest, now: number): Steps<string> {
  const { ring } = history;
  const moments: number[] = [];
  // A moment that is being recorded is not complete.
  for (let moment = ring.start; moment < history.end; moment++) moments.push(moment);
  const ages = moments.map((moment) => Math.round(now - ring.clockOf(moment)) / MILLI);
  let text = `{"ages":${JSON.stringify(ages)},"leftOut":${history.leftOutFamilies},"families":{`;
  for (const piece of piecesOf(history, request, moments)) {
    text += piece;
    if (text.length >= CHUNK_SIZE) {
      yield text;
      text = '';
    }
    const turn = yieldToEventLoop();
    if (turn !== undefined) yield turn;
  }
  yield `${text}}}\n`;
}

/** Writes the families in pieces, between which the history may change. */
function* piecesOf(history: MetricsHistory, request: HistoryRequest, moments: readonly number[]): Generator<string> {
  const { ring } = history;
  let separator = '';
  for (const family of [...history.families.values()]) {
    const { name } = family.head;
    if (!request.wants(name)) continue;
    const series = request.isNamed(name) ? [...family.series] : [];
    yield separator + familyStart(family, ring, moments);
    separator = ',';
    let seriesSeparator = '';
    for (const { labels, columns } of series) {
      // The series may be released while the client reads.
      if (columns.length === 0) continue;
      yield `${seriesSeparator}{"labels":${labelsText(labels)},"columns":${columnsText(columns, ring, moments)}}`;
      seriesSeparator = ',';
    }
    yield ']}';
  }
}

function familyStart(
  { head, totals, leftOut, series }: FamilyHistory,
  ring: ValueRing,
  moments: readonly number[],
): string {
  const { name, type, help, unit, points } = head;
  const about = [
    `"type":"${type}"`,
    `"help":${asciiJson(help)}`,
    ...(unit === '' ? [] : [`"unit":${asciiJson(unit)}`]),
    ...(points === undefined ? [] : [`"points":${JSON.stringify(points)}`]),
    `"kept":${series.length}`,
    `"leftOut":${leftOut}`,
    `"totals":${columnsText(totals, ring, moments)}`,
    '"series":[',
  ];
  return `${asciiJson(name)}:{${about.join(',')}`;
}

/** Names and values, alternating. */
const labelsText = (labels: LabelSet) => asciiJson(Object.entries(labels).flat().map(String));

function columnsText(columns: readonly number[], ring: ValueRing, moments: readonly number[]): string {
  return `[${columns.map((column) => columnText(column, ring, moments)).join(',')}]`;
}

function columnText(column: number, ring: ValueRing, moments: readonly number[]): string {
  let text = '[';
  for (const moment of moments) {
    const value = ring.get(column, moment);
    text += `${text.length > 1 ? ',' : ''}${Number.isFinite(value) ? value : 'null'}`;
  }
  return `${text}]`;
}

/** Writes JSON whose characters are its bytes. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u0080-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
