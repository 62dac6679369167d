import { checkType, histogramOf, labelValue, numberOf, summaryOf } from '../encoders/samples.ts';
import type { Exemplar, HistogramValue, LabelSet, MetricFamily, Sample, SummaryValue } from '../model/metric-family.ts';

// What a family and a sample promise by themselves. Each check throws what was promised.

/** @throws {Error} which says what was promised */
export function keepsFamily({ name, help, type, unit, labelNames, samples }: MetricFamily): void {
  must(isText(name) && name !== '', 'its name is to be a text, and not empty');
  checkType(type);
  must(help === undefined || isText(help), 'its help is to be a text');
  must(unit === undefined || isText(unit), 'its unit is to be a text');
  must(labelNames === undefined || isTextList(labelNames), 'its labelNames are to be a list of different texts');
  must(
    Symbol.iterator in Object(samples) || Symbol.asyncIterator in Object(samples),
    'its samples are to be an array or another iterable',
  );
}

/** @throws {Error} which says what was promised */
export function keepsSample({ labels, value, exemplar }: Sample, { type, labelNames }: MetricFamily): void {
  keepsLabels(labels, reservedLabel(type));
  if (labelNames !== undefined) keepsShape(labels, labelNames);
  const sample = { labels, value };
  if (type === 'histogram') keepsHistogram(histogramOf(sample));
  else if (type === 'summary') keepsSummary(summaryOf(sample));
  else numberOf(sample);
  if (type === 'counter') must(!((value as number) < 0), `a counter is not negative, and it is ${value}`);
  must(exemplar === undefined || type === 'counter', 'an exemplar of its own is for counters');
  keepsExemplar(exemplar);
}

function reservedLabel(type: MetricFamily['type']): string | undefined {
  if (type === 'histogram') return 'le';
  return type === 'summary' ? 'quantile' : undefined;
}

function keepsLabels(labels: LabelSet, reserved?: string): void {
  must(isObject(labels), 'its labels are to be an object, {} without any');
  for (const name of Object.keys(labels)) {
    labelValue(labels, name);
    const isTaken = name === reserved || name === '__name__' || name === '@';
    must(name !== '' && !isTaken, `a label "${name}" is one that formats need for themselves`);
  }
}

/** As JSON writes the family: a sample that does not fit is left out. */
function keepsShape(labels: LabelSet, labelNames: readonly string[]): void {
  const unknown = Object.keys(labels).find((name) => !labelNames.includes(name));
  must(unknown === undefined, `label "${unknown}" is to be one of its family's labelNames`);
  const [only] = labelNames;
  must(labelNames.length !== 1 || Object.hasOwn(labels, only as string), `it is to have the one label, "${only}"`);
}

function keepsHistogram({ count, bounds, cumulativeCounts, exemplars }: HistogramValue): void {
  must(ascends(bounds), `bounds are to ascend, and are ${bounds.join(', ')}`);
  const all = [0, ...cumulativeCounts, count];
  must(
    all.every((it, i) => Number.isInteger(it) && it >= (all[i - 1] ?? 0)),
    `cumulative counts are whole numbers that never fall, and count is not below the last: ${all.slice(1).join(', ')}`,
  );
  must(exemplars === undefined || exemplars.length === bounds.length + 1, 'there is one exemplar more than bounds');
  for (const exemplar of exemplars ?? []) keepsExemplar(exemplar);
}

function keepsSummary({ quantiles }: SummaryValue): void {
  must(
    quantiles.every((it) => it >= 0 && it <= 1) && new Set(quantiles).size === quantiles.length,
    `quantiles go from 0 to 1, each once, and are ${quantiles.join(', ')}`,
  );
}

function keepsExemplar(exemplar: Exemplar | undefined): void {
  if (exemplar === undefined) return;
  const { labels, value, timestamp } = exemplar;
  must(isObject(labels), "an exemplar's labels are to be an object");
  for (const name of Object.keys(labels)) labelValue(labels, name);
  must(typeof value === 'number', "an exemplar's value is to be a number");
  must(timestamp === undefined || Number.isFinite(timestamp), "an exemplar's timestamp is to be seconds, a number");
}

/** @throws {Error} which says what was promised */
export function must(isKept: boolean, what: string): void {
  if (!isKept) throw new Error(what);
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const ascends = (values: readonly number[]) => values.every((it, i) => i === 0 || it > (values[i - 1] as number));
const isTextList = (value: unknown): boolean =>
  Array.isArray(value) && value.every(isText) && new Set(value).size === value.length;
