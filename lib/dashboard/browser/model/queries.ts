import type { Labels, MetricType } from './document.ts';
import type { Filter } from './search.ts';
import type { Aggregation } from './units.ts';

/** How a figure combines the series that pass the filter. */
export interface Combined {
  /** Undefined for a single value. */
  readonly aggregation: Aggregation | undefined;
  /** Values of labels that only sums of other series have, which are left out. */
  readonly leftOut: readonly { readonly name: string; readonly values: readonly string[] }[];
  /** Labels of the other sums that are left out. */
  readonly leftOutSeries: readonly Labels[];
}

/** What a query is about. */
export interface Queried {
  readonly name: string;
  readonly type: MetricType;
  readonly filter: Filter;
  /** Window (s) of rates and quantiles. */
  readonly window: number;
  readonly combined: Combined;
}

/** Returns the PromQL of what the page shows: a rate, a 95th percentile or a value. */
export function promqlOf({ name, type, filter, window, combined }: Queried): string {
  const range = window % 60 === 0 ? `${window / 60}m` : `${window}s`;
  const { aggregation, leftOut, leftOutSeries } = combined;
  const matchers = [...matchersOf(filter), ...leftOut.map(matcherWithout)];
  const valuesOf = (suffix: string, wrap: (selector: string) => string) => {
    const without = leftOutSeries.map((labels) => ` unless ${wrap(seriesText(name + suffix, pairsOf(labels)))}`);
    return wrap(selectorOf(name + suffix, matchers)) + without.join('');
  };
  const rate = (selector: string) => `rate(${selector}[${range}])`;
  switch (type) {
    case 'counter':
      return `sum(${valuesOf('', rate)})`;
    case 'histogram':
      return `histogram_quantile(0.95, sum by (le) (${valuesOf('_bucket', rate)}))`;
    case 'summary':
      return `sum(${valuesOf('_count', rate)})`;
    default: {
      const values = valuesOf('', (selector) => selector);
      return aggregation === undefined ? values : `${aggregation}(${values})`;
    }
  }
}

/** Returns the command that requests the family's numbers, for a POSIX shell. */
export function curlOf(documentUrl: string, name: string): string {
  const url = `${documentUrl}?name[]=${encodeURIComponent(name)}`;
  // curl takes brackets for ranges of URLs, unless --globoff is given.
  return `curl --globoff '${url.replaceAll("'", '%27')}'`;
}

/** Returns a series as Prometheus writes it: `name{label="value"}`. */
export function seriesText(name: string, labels: Iterable<{ readonly name: string; readonly value: string }>): string {
  const matchers = Array.from(labels, (label) => `${labelName(label.name)}=${quote(label.value)}`);
  return selectorOf(name, matchers);
}

/** Returns label matchers: equality, or a regular expression for a part of the value in any case. */
function matchersOf(filter: Filter): string[] {
  return Object.entries(filter).map(([name, text]) => {
    const [operator, value] = text.startsWith('=') ? ['=', text.slice(1)] : ['=~', `(?i).*${escapeRegExp(text)}.*`];
    return labelName(name) + operator + quote(value);
  });
}

/** Returns the matcher of all series without these values of a label. */
function matcherWithout({ name, values }: Combined['leftOut'][number]): string {
  if (values.length === 1) return `${labelName(name)}!=${quote(values[0]!)}`;
  return `${labelName(name)}!~${quote(values.map(escapeRegExp).join('|'))}`;
}

const pairsOf = (labels: Labels) => labels.flatMap((name, i) => (i % 2 === 0 ? [{ name, value: labels[i + 1]! }] : []));

/** A name with other characters, such as a dot, is quoted and within the braces, as in Prometheus 3. */
function selectorOf(name: string, matchers: readonly string[]): string {
  const isPlain = /^[a-z_:][\w:]*$/i.test(name);
  const inBraces = isPlain ? matchers : [quote(name), ...matchers];
  return (isPlain ? name : '') + (inBraces.length === 0 ? '' : `{${inBraces.join(', ')}}`);
}

const labelName = (name: string) => (/^[a-z_]\w*$/i.test(name) ? name : quote(name));

const escapeRegExp = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

const quote = (text: string) => `"${text.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`;

/** Returns a table as CSV (RFC 4180), with all digits. Text that a spreadsheet would calculate starts with `'`. */
export function csvOf(rows: readonly (readonly (string | number | null)[])[]): string {
  return rows.map((row) => `${row.map(csvField).join(',')}\r\n`).join('');
}

function csvField(field: string | number | null): string {
  if (field === null) return '';
  if (typeof field === 'number') return String(field);
  const safe = /^[=+\-@\t\r]/.test(field) ? `'${field}` : field;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
