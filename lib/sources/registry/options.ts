import { checkOptions, checkValue, requireOptions } from '../../util/check-options.ts';
import { type Check, expect, expecting } from '../../util/expect.ts';
import { type Fault, member, shown } from '../../util/option-error.ts';
import type { CounterOptions, GaugeOptions, HistogramOptions, MetricOptions, RegistryOptions } from './types.ts';

const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL_NAME = /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/;

const isLabelName = expecting(
  'a label name: letters, digits and _, not __ first',
  '"queue"',
  (value) => typeof value === 'string' && LABEL_NAME.test(value),
);

/** Names of labels, each once. */
const isLabelNames: Check = (value) => {
  const fault = expect.listOf('a list of label names', '["queue"]', isLabelName)(value);
  if (fault !== undefined) return fault;
  const names = value as readonly string[];
  const i = names.findIndex((name, at) => names.indexOf(name) !== at);
  if (i === -1) return undefined;
  return { expected: 'each name once', got: shown(names[i]), write: 'another name', at: `[${i}]` };
};

/** Constant labels. A histogram may be among the metrics, so `le` is none. */
const isConstantLabels: Check = (value) => {
  if (Object.prototype.toString.call(value) !== '[object Object]') {
    return { expected: 'an object of labels', write: '{ region: "eu" }' };
  }
  for (const [name, text] of Object.entries(value as object)) {
    const fault: Fault | undefined = expect.labelName(name);
    if (fault !== undefined) return { ...fault, got: shown(name) };
    if (!['string', 'number', 'boolean'].includes(typeof text)) {
      return { expected: 'a string', got: shown(text), write: '"…"', at: member(name) };
    }
  }
  return undefined;
};

export const isBuckets: Check = (value) => {
  const isBound = expecting('a finite number', '0.5', Number.isFinite);
  const fault = expect.listOf('a list of upper bounds', '[0.1, 0.5, 1]', isBound)(value);
  if (fault !== undefined) return fault;
  const bounds = value as readonly number[];
  const i = bounds.findIndex((bound, at) => at > 0 && bound <= (bounds[at - 1] as number));
  if (i === -1) return undefined;
  const sorted = [...new Set(bounds)].sort((a, b) => a - b).join(', ');
  return { expected: `more than ${bounds[i - 1]}`, got: shown(bounds[i]), write: `[${sorted}]`, at: `[${i}]` };
};

const METRIC_CHECKS: Record<keyof MetricOptions, Check> = {
  name: expecting(
    'a metric name: letters, digits, _ and :',
    '"messages_total"',
    (value) => typeof value === 'string' && METRIC_NAME.test(value),
  ),
  help: expect.string,
  unit: expect.string,
  labelNames: isLabelNames,
  maxSeries: expect.positiveInteger,
  expireAfter: expect.milliseconds,
};

const CHECKS = {
  counter: { ...METRIC_CHECKS, collect: expect.func } satisfies Record<keyof CounterOptions, Check>,
  gauge: {
    ...METRIC_CHECKS,
    collect: expect.func,
    aggregator: expect.oneOf('sum', 'first', 'min', 'max', 'average', 'omit'),
  } satisfies Record<keyof GaugeOptions, Check>,
  histogram: { ...METRIC_CHECKS, collect: expect.func, buckets: isBuckets } satisfies Record<
    keyof HistogramOptions,
    Check
  >,
};

/** Type of a metric of the registry. */
export type RegistryType = keyof typeof CHECKS;

/** Options of a metric of any type. */
export type AnyMetricOptions = CounterOptions & GaugeOptions & HistogramOptions;

/** @throws {TypeError} for an unknown, missing or invalid option */
export function checkMetricOptions(type: RegistryType, options: object, constants: object): AnyMetricOptions {
  const checks = CHECKS[type] as Record<keyof AnyMetricOptions, Check>;
  const checked = checkOptions(type, options as AnyMetricOptions, checks);
  requireOptions(type, checked, checks, 'name', 'help');
  for (const [i, name] of (checked.labelNames ?? []).entries()) {
    const reserved = type === 'histogram' && name === 'le' ? "the buckets' label" : undefined;
    const taken = Object.hasOwn(constants, name) ? 'a constant label of the registry' : reserved;
    const fault = { expected: `another name than ${taken}`, write: 'another name' };
    checkValue(type, `labelNames[${i}]`, name, () => (taken === undefined ? undefined : fault));
  }
  return checked;
}

/** @throws {TypeError} for an unknown or invalid option */
export function checkRegistryOptions(options: RegistryOptions): RegistryOptions {
  return checkOptions('createRegistry', options, { labels: isConstantLabels });
}
