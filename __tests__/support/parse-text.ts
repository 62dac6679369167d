import type { Exemplar, HistogramValue, MetricType, SummaryValue } from '../../lib/model/metric-family.ts';

export type TextFormat = 'prometheus' | 'openmetrics';

export interface ParsedFamily {
  readonly name: string;
  type: MetricType;
  help?: string;
  unit?: string;
  samples: ParsedSample[];
}

export interface ParsedSample {
  readonly labels: Record<string, string>;
  readonly value: number | HistogramValue | SummaryValue;
  readonly exemplar?: Exemplar;
}

interface Series {
  readonly name: string;
  readonly labels: Map<string, string>;
  readonly value: number;
  readonly exemplar: Exemplar | undefined;
}

const NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;

/**
 * Parses a text strictly: each family has one `# TYPE`, and its series are together.
 *
 * @throws on a malformed line, or one in the wrong place
 */
export function parseText(text: string, format: TextFormat = 'prometheus'): ParsedFamily[] {
  const lines = text.split('\n');
  if (lines.pop() !== '') throw new Error('the last line does not end');
  if (format === 'openmetrics' && lines.pop() !== '# EOF') throw new Error('no # EOF at the end');
  const families: (ParsedFamily & { series: Series[] })[] = [];
  for (const line of lines) {
    const cursor = new Cursor(line);
    const last = families.at(-1);
    const keyword = cursor.take(/# (TYPE|HELP|UNIT) /y)?.slice(2, -1);
    if (keyword === undefined) {
      if (last === undefined || last.type === undefined) throw new Error(`a series before its # TYPE: ${line}`);
      last.series.push(parseSeries(cursor, format));
      continue;
    }
    const name = cursor.take(NAME) ?? cursor.quoted();
    cursor.must(/ /y);
    const isNew = last?.name !== name;
    const family = isNew ? { name, type: undefined as never, samples: [], series: [] } : last;
    if (isNew && families.some((other) => other.name === name)) throw new Error(`${name} comes twice`);
    if (isNew) families.push(family);
    if (family.series.length > 0) throw new Error(`a series before ${line}`);
    const rest = cursor.must(/.*/sy);
    if (keyword === 'TYPE') family.type = parseType(rest, format);
    if (keyword === 'UNIT') family.unit = rest;
    if (keyword === 'HELP') family.help = unescapeHelp(rest, format);
  }
  return families.map(({ series, ...family }) => ({ ...family, samples: regroup(family, series, format) }));
}

const LABEL = /[a-zA-Z_][a-zA-Z0-9_]*/y;
const NUMBER = /[+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf)|NaN/y;

class Cursor {
  private readonly line: string;
  private at = 0;

  constructor(line: string) {
    this.line = line;
  }

  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const [found] = pattern.exec(this.line) ?? [];
    this.at += found?.length ?? 0;
    return found;
  }

  must(pattern: RegExp): string {
    const found = this.take(pattern);
    if (found === undefined) throw new Error(`${pattern} expected at ${this.at} of: ${this.line}`);
    return found;
  }

  quoted(): string {
    return unescaped(this.must(/"(?:[^"\\]|\\["\\n])*"/sy).slice(1, -1));
  }

  number(): number {
    const text = this.must(NUMBER);
    return Number(text.replace('Inf', 'Infinity'));
  }
}

/** Parses `name{labels} value` or `{"name",labels} value`, with an exemplar after it. */
function parseSeries(cursor: Cursor, format: TextFormat): Series {
  let name = cursor.take(NAME);
  let labels = new Map<string, string>();
  if (cursor.take(/\{/y) !== undefined) {
    if (name === undefined) {
      name = cursor.quoted();
      if (cursor.take(/,/y) === undefined) cursor.must(/\}/y);
      else labels = parseLabels(cursor);
    } else labels = parseLabels(cursor);
  }
  if (name === undefined) throw new Error('a series without a name');
  cursor.must(/ /y);
  const value = cursor.number();
  const exemplar = format === 'openmetrics' ? parseExemplar(cursor) : undefined;
  cursor.must(/$/y);
  return { name, labels, value, exemplar };
}

/** Parses labels, from after the opening brace to the closing one. */
function parseLabels(cursor: Cursor): Map<string, string> {
  const labels = new Map<string, string>();
  for (;;) {
    if (cursor.take(/\}/y) !== undefined) return labels;
    if (labels.size > 0) cursor.must(/,/y);
    const name = cursor.take(LABEL) ?? cursor.quoted();
    if (labels.has(name)) throw new Error(`label ${name} comes twice`);
    cursor.must(/=/y);
    labels.set(name, cursor.quoted());
  }
}

function parseExemplar(cursor: Cursor): Exemplar | undefined {
  if (cursor.take(/ # \{/y) === undefined) return undefined;
  const labels = Object.fromEntries(parseLabels(cursor));
  cursor.must(/ /y);
  const value = cursor.number();
  return cursor.take(/ /y) === undefined ? { labels, value } : { labels, value, timestamp: cursor.number() };
}

function parseType(text: string, format: TextFormat): MetricType {
  const types = ['counter', 'gauge', 'histogram', 'summary', format === 'openmetrics' ? 'unknown' : 'untyped'];
  if (!types.includes(text)) throw new Error(`a type called ${text}`);
  return text === 'unknown' ? 'untyped' : (text as MetricType);
}

const unescaped = (text: string) => text.replace(/\\(.)/gs, (_, character) => (character === 'n' ? '\n' : character));

/** OpenMetrics escapes quotes in a help text, the Prometheus format does not. */
function unescapeHelp(text: string, format: TextFormat): string {
  const allowed = format === 'openmetrics' ? /^(?:[^"\\]|\\["\\n])*$/s : /^(?:[^\\]|\\[\\n])*$/s;
  if (!allowed.test(text)) throw new Error(`a help text that is not escaped: ${text}`);
  return unescaped(text);
}

/** Groups the series of one sample: they are adjacent and have the same labels, except for `le` and `quantile`. */
function regroup({ name, type }: ParsedFamily, series: Series[], format: TextFormat): ParsedSample[] {
  if (type !== 'histogram' && type !== 'summary') {
    const expected = format === 'openmetrics' && type === 'counter' ? `${name}_total` : name;
    return series.map((one) => {
      if (one.name !== expected) throw new Error(`${one.name} in the family ${name}`);
      const labels = Object.fromEntries(one.labels);
      return one.exemplar ? { labels, value: one.value, exemplar: one.exemplar } : { labels, value: one.value };
    });
  }
  const own = type === 'histogram' ? 'le' : 'quantile';
  const groups = new Map<string, Series[]>();
  for (const one of series) {
    const key = JSON.stringify([...one.labels].filter(([label]) => label !== own));
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  const read = type === 'histogram' ? readHistogram : readSummary;
  return [...groups].map(([key, group]) => ({
    labels: Object.fromEntries(JSON.parse(key)),
    value: read(name, group, format),
  }));
}

function readHistogram(name: string, series: Series[], format: TextFormat): HistogramValue {
  const buckets = series.filter((one) => one.name === `${name}_bucket`);
  const infinite = buckets.pop();
  const rest = series.slice(buckets.length + 1);
  // OpenMetrics forbids the sum of a histogram with a bound below 0 and, without it, the count.
  const hasTotals = format === 'prometheus' || !(Number(buckets[0]?.labels.get('le')) < 0);
  if (!hasTotals && rest.length > 0) throw new Error(`${name}: it has a bound below 0 and a sum or a count`);
  const totals = hasTotals ? readTotals(name, rest) : { count: Number(infinite?.value) };
  if (infinite?.labels.get('le') !== '+Inf' || infinite.value !== totals.count) {
    throw new Error(`${name}: its last bucket is not +Inf, or not its count`);
  }
  const exemplars = [...buckets, infinite].map(({ exemplar }) => exemplar);
  return {
    ...totals,
    bounds: buckets.map(({ labels }) => Number(labels.get('le'))),
    cumulativeCounts: buckets.map(({ value }) => value),
    ...(exemplars.some((exemplar) => exemplar !== undefined) && { exemplars }),
  };
}

function readSummary(name: string, series: Series[]): SummaryValue {
  const quantiles = series.filter((one) => one.name === name);
  return {
    ...readTotals(name, series.slice(quantiles.length)),
    quantiles: quantiles.map(({ labels }) => Number(labels.get('quantile'))),
    values: quantiles.map(({ value }) => value),
  };
}

/** Checks that only `_count` and, optionally, `_sum` are left. */
function readTotals(name: string, series: Series[]): { count: number; sum?: number } {
  const count = series.pop();
  const sum = series.pop();
  if (count?.name !== `${name}_count` || (sum && sum.name !== `${name}_sum`) || series.length > 0) {
    throw new Error(`${name}: its series are not buckets or quantiles, then _sum, then _count`);
  }
  return sum ? { count: count.value, sum: sum.value } : { count: count.value };
}
