import { checkType, format, histogramOf, labelValue, numberOf, summaryOf } from '../encoders/samples.ts';
import type { Exemplar, HistogramValue, LabelSet, MetricFamily, Sample, SummaryValue } from '../model/metric-family.ts';

// The parts of the contract that one family, or one sample, can violate by itself.

/** Label names that the formats use themselves. */
const RESERVED_LABELS: readonly (string | undefined)[] = ['', '__name__', '@'];

/** Labels that the formats add to the series of a type. */
const KEY_LABELS: Readonly<Partial<Record<MetricFamily['type'], string>>> = { histogram: 'le', summary: 'quantile' };

/** @throws {Error} that names the member, what was expected and what was given */
export function assertFamily({ name, help, type, unit, labelNames, samples }: MetricFamily): void {
  assert(isString(name) && name !== '', 'name', 'a non-empty string', name);
  checkType(type);
  assert(help === undefined || isString(help), 'help', 'a string', help);
  assert(unit === undefined || isString(unit), 'unit', 'a string', unit);
  assert(labelNames === undefined || isListOfNames(labelNames), 'labelNames', 'different strings', labelNames);
  const isIterable = Symbol.iterator in Object(samples) || Symbol.asyncIterator in Object(samples);
  assert(isIterable, 'samples', 'an array or another iterable', samples);
}

/** @throws {Error} that names the member, what was expected and what was given */
export function assertSample({ labels, value, exemplar }: Sample, { type, labelNames }: MetricFamily): void {
  assertLabels(labels, type);
  if (labelNames !== undefined) assertLabelNames(labels, labelNames);
  const sample = { labels, value };
  if (type === 'histogram') assertHistogram(histogramOf(sample));
  else if (type === 'summary') assertSummary(summaryOf(sample));
  else numberOf(sample);
  if (type === 'counter') assert(!((value as number) < 0), 'value', 'at least 0, as for every counter', value);
  assert(exemplar === undefined || type === 'counter', 'exemplar', 'none, as only counters have one', exemplar);
  assertExemplar(exemplar);
}

function assertLabels(labels: LabelSet, type: MetricFamily['type']): void {
  assert(isObject(labels), 'labels', 'an object, {} without labels', labels);
  const reserved = [...RESERVED_LABELS, KEY_LABELS[type]];
  for (const name of Object.keys(labels)) {
    labelValue(labels, name);
    assert(!reserved.includes(name), 'labels', 'a name that no format reserves', name);
  }
}

/** The JSON encoder drops a sample whose labels do not match the family's `labelNames`. */
function assertLabelNames(labels: LabelSet, labelNames: readonly string[]): void {
  const names = Object.keys(labels);
  const isDeclared = names.every((name) => labelNames.includes(name));
  assert(isDeclared, 'labels', `no other names than labelNames, ${labelNames.join(', ')}`, labels);
  const hasOnlyLabel = labelNames.length !== 1 || names.length === 1;
  assert(hasOnlyLabel, 'labels', `the family's only label, ${labelNames.join()}`, labels);
}

function assertHistogram({ count, bounds, cumulativeCounts, exemplars }: HistogramValue): void {
  assert(isAscending(bounds), 'bounds', 'ascending numbers', bounds);
  const counts = [...cumulativeCounts, count];
  const isCumulative = counts.every((it, i) => Number.isInteger(it) && it >= (counts[i - 1] ?? 0));
  assert(isCumulative, 'cumulativeCounts and count', 'integers that never decrease', counts);
  const expected = `${bounds.length + 1} exemplars, one more than bounds`;
  assert(exemplars === undefined || exemplars.length === bounds.length + 1, 'exemplars', expected, exemplars);
  for (const exemplar of exemplars ?? []) assertExemplar(exemplar);
}

function assertSummary({ quantiles }: SummaryValue): void {
  const isInRange = quantiles.every((it) => it >= 0 && it <= 1);
  const isUnique = new Set(quantiles).size === quantiles.length;
  assert(isInRange && isUnique, 'quantiles', 'different numbers from 0 to 1', quantiles);
}

function assertExemplar(exemplar: Exemplar | undefined): void {
  if (exemplar === undefined) return;
  const { labels, value, timestamp } = exemplar;
  assert(isObject(labels), 'exemplar.labels', 'an object', labels);
  for (const name of Object.keys(labels)) labelValue(labels, name);
  assert(typeof value === 'number', 'exemplar.value', 'a number', value);
  assert(timestamp === undefined || Number.isFinite(timestamp), 'exemplar.timestamp', 'seconds, a number', timestamp);
}

/** @throws {Error} that names the member, what was expected and what was given, unless the contract is kept */
export function assert(isKept: boolean, member: string, expected: string, value: unknown): void {
  if (!isKept) throw new Error(`${member}: expected ${expected}, got ${format(value)}`);
}

const isString = (value: unknown): value is string => typeof value === 'string';
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const isAscending = (values: readonly number[]) => values.every((it, i) => i === 0 || it > (values[i - 1] as number));
const isListOfNames = (value: unknown): boolean =>
  Array.isArray(value) && value.every(isString) && new Set(value).size === value.length;
