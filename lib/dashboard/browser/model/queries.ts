import type { MetricType } from './document.ts';
import type { Filter } from './search.ts';

/** What a query is about. */
export interface Queried {
  readonly name: string;
  readonly type: MetricType;
  readonly filter: Filter;
  /** Window (s) of rates and quantiles. */
  readonly window: number;
}

/** Returns the PromQL of what the page shows: a rate, a 95th percentile or a value. */
export function promqlOf({ name, type, filter, window }: Queried): string {
  const range = window % 60 === 0 ? `${window / 60}m` : `${window}s`;
  const selector = (suffix: string) => selectorOf(name + suffix, matchersOf(filter));
  switch (type) {
    case 'counter':
      return `sum(rate(${selector('')}[${range}]))`;
    case 'histogram':
      return `histogram_quantile(0.95, sum by (le) (rate(${selector('_bucket')}[${range}])))`;
    case 'summary':
      return `sum(rate(${selector('_count')}[${range}]))`;
    default:
      return selector('');
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
