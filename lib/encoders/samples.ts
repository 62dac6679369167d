import { MetricsError } from '../model/errors.ts';
import type {
  HistogramValue,
  LabelSet,
  MetricFamily,
  MetricType,
  Sample,
  SummaryValue,
} from '../model/metric-family.ts';

// Checks of the source's contract at run time. Their errors are passed to `onError`.

const TYPES: ReadonlySet<string> = new Set([
  'counter',
  'gauge',
  'histogram',
  'summary',
  'untyped',
] satisfies MetricType[]);

export function checkType(type: MetricType): MetricType {
  if (TYPES.has(type)) return type;
  throw new MetricsError(
    'ERR_METRICS_INVALID_FAMILY',
    `its type is ${format(type)}; write one of ${[...TYPES].join(', ')}`,
  );
}

/** Returns the help, if any. Sources in JavaScript may have null for none. */
export function helpOf({ help }: MetricFamily): string | undefined {
  if (help === undefined || help === null) return undefined;
  if (typeof help === 'string') return help;
  throw new MetricsError('ERR_METRICS_INVALID_FAMILY', `its help is ${format(help)}; write a string`);
}

/** Returns a label's value as a string. Numbers and booleans are converted by JavaScript's rules. */
export function labelValue(labels: LabelSet, name: string): string {
  const value: unknown = labels[name];
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new MetricsError('ERR_METRICS_INVALID_SAMPLE', `label ${format(name)} is ${format(value)}; write a string`);
}

export function numberOf({ value }: Sample): number {
  if (typeof value === 'number') return value;
  throw new MetricsError('ERR_METRICS_INVALID_SAMPLE', `its value is ${format(value)}; write a number`);
}

export function histogramOf({ value }: Sample): HistogramValue {
  const { count, sum, bounds, cumulativeCounts } = Object(value) as HistogramValue;
  if (isCountAndSum(count, sum) && isKeyValueLists(bounds, cumulativeCounts)) return value as HistogramValue;
  throw new MetricsError(
    'ERR_METRICS_INVALID_SAMPLE',
    `its value is ${format(value)}; write { count, sum, bounds, cumulativeCounts } with finite bounds and a count for each`,
  );
}

export function summaryOf({ value }: Sample): SummaryValue {
  const { count, sum, quantiles, values } = Object(value) as SummaryValue;
  if (isCountAndSum(count, sum) && isKeyValueLists(quantiles, values)) return value as SummaryValue;
  throw new MetricsError(
    'ERR_METRICS_INVALID_SAMPLE',
    `its value is ${format(value)}; write { count, sum, quantiles, values } with a value for each quantile`,
  );
}

const isCountAndSum = (count: unknown, sum: unknown) =>
  Number.isInteger(count) && (count as number) >= 0 && (sum === undefined || typeof sum === 'number');

/** Whether both are arrays of numbers of equal length, and the keys finite. A plain loop: it runs for each bucket. */
function isKeyValueLists(keys: unknown, values: unknown): boolean {
  if (!Array.isArray(keys) || !Array.isArray(values) || keys.length !== values.length) return false;
  for (let i = 0; i < keys.length; i++) {
    if (!Number.isFinite(keys[i]) || typeof values[i] !== 'number') return false;
  }
  return true;
}

/** Formats a value for an error message, truncated to 100 characters. */
export function format(value: unknown): string {
  const text =
    typeof value === 'object' ? safeJson(value) : String(typeof value === 'string' ? JSON.stringify(value) : value);
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

function safeJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'undefined';
  } catch {
    return 'an object';
  }
}
