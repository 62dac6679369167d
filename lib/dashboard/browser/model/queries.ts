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
  const selector = (suffix: string) => `${name}${suffix}${matchersOf(filter)}`;
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

/** Returns label matchers: equality, or a regular expression for a part of the value in any case. */
function matchersOf(filter: Filter): string {
  const matchers = Object.entries(filter).map(([name, text]) =>
    text.startsWith('=') ? `${name}=${quote(text.slice(1))}` : `${name}=~${quote(`(?i).*${escapeRegExp(text)}.*`)}`,
  );
  return matchers.length === 0 ? '' : `{${matchers.join(', ')}}`;
}

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
