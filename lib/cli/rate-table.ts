import { printable, tableLines } from './output.ts';
import type { SeriesRate } from './rates.ts';

const GAP = '  ';
const HEAD = ['per second', 'mean', 'value'];

/** Width that the names of series should have at least. Otherwise, the means are left out. */
const MIN_SERIES_WIDTH = 24;

/** Formats the first rows as a table. Series that do not fit `width` are shortened in the middle. */
export function rateTable(rates: readonly SeriesRate[], rows: number, width = Number.POSITIVE_INFINITY): string[] {
  const shown = rates.slice(0, Math.max(0, rows));
  const numbers = shown.map(({ perSecond, mean, value }) => [perSecond, mean, value].map(numberText));
  const series = ['series', ...shown.map((it) => printable(it.series))];
  const all = tableLines([HEAD, ...numbers], [0, 1, 2]);
  const isNarrow = width - (all[0] as string).length - GAP.length < MIN_SERIES_WIDTH;
  const lines = isNarrow ? tableLines([HEAD, ...numbers].map(withoutMean), [0, 1]) : all;
  return lines.map((line, i) => {
    const left = width - line.length - GAP.length;
    return `${line}${GAP}${shorten(series[i] as string, Math.max(0, left))}`.slice(0, width);
  });
}

const withoutMean = (row: readonly string[]): string[] => row.filter((_, i) => i !== HEAD.indexOf('mean'));

/** Shortens a text in the middle: a series' name is at its beginning, and what tells it from others at its end. */
export function shorten(text: string, width: number): string {
  if (text.length <= width) return text;
  if (width < 3) return wholeCharacters(text.slice(0, width));
  const tail = Math.floor((width - 1) / 3);
  return `${wholeCharacters(text.slice(0, width - 1 - tail))}…${wholeCharacters(text.slice(text.length - tail))}`;
}

/** Shortens a text at its end. */
export function cutEnd(text: string, width: number): string {
  return text.length <= width ? text : `${wholeCharacters(text.slice(0, Math.max(0, width - 1)))}…`;
}

/** Removes half of a character (a surrogate) from the ends of a text that was cut. */
const wholeCharacters = (text: string): string => text.replace(/^[\udc00-\udfff]|[\ud800-\udbff]$/g, '');

function numberText(value: number | undefined): string {
  if (value === undefined) return '';
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
  return String(Number(value.toPrecision(4)));
}
