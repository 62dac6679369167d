import type { MetricsSource } from '../model/metrics-source.ts';
import { nearestNames } from './nearest-names.ts';
import { type Fault, member, optionError, shown } from './option-error.ts';

/** Returns what is wrong with a value, if anything. */
export type Check = (value: unknown) => Fault | undefined;

/**
 * The options that are not undefined, inherited ones too. `path` is where they are in the function's own options,
 * such as `queries.up`.
 *
 * @throws {TypeError} that names the option, for an unknown name or a wrong value: JavaScript passes anything
 */
export function checkOptions<T extends object>(
  caller: string,
  options: T,
  checks: Record<keyof T, Check>,
  path = '',
): T {
  const known = Object.keys(checks);
  checkValue(caller, path || 'options', options, isObjectWith(caller, known));
  const checked: Partial<T> = {};
  for (const name in options) {
    const value = options[name];
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (check === undefined) throw unknownOption(`${caller}: ${path || 'options'}`, name, known);
    if (value === undefined) continue;
    checkValue(caller, path === '' ? name : path + member(name), value, check);
    checked[name] = value;
  }
  return checked as T;
}

/** A request or response is what Express passes to a function that was mounted without being called. */
const isObjectWith =
  (caller: string, [example]: readonly string[]): Check =>
  (value) => {
    const isRequest = typeof (value as { listenerCount?: unknown } | null)?.listenerCount === 'function';
    if (isRequest) return { expected: 'an object of options', got: 'a request', write: `app.use(${caller}(…))` };
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return undefined;
    return { expected: 'an object of options', write: example === undefined ? 'nothing' : `{ ${example}: … }` };
  };

/** Of names that are far from every known one, all known ones are listed. */
export function unknownOption(option: string, name: string, known: readonly string[]): TypeError {
  if (known.length === 0) return optionError(option, name, { expected: 'no options', write: 'nothing in its place' });
  const nearest = nearestNames(name, known).map((other) => `"${other}"`);
  const expected = 'the name of an option';
  if (nearest.length === 0) return optionError(option, name, { expected, write: `one of ${known.join(', ')}` });
  return new TypeError(`${option}: expected ${expected}, got ${shown(name)}; did you mean ${nearest.join(' or ')}?`);
}

/** @throws {TypeError} that names the first of these options that is missing */
export function requireOptions<T extends object>(
  caller: string,
  options: T,
  checks: Record<keyof T, Check>,
  ...names: (keyof T & string)[]
): void {
  for (const name of names) checkValue(caller, name, options[name], checks[name]);
}

/** @throws {TypeError} when an argument, or an option, is not what the check expects */
export function checkValue(caller: string, name: string, value: unknown, check: Check): void {
  const fault = check(value);
  if (fault !== undefined) throw optionError(`${caller}: ${name}`, value, fault);
}

/** @throws {TypeError} when a function's first argument is not a source */
export const checkSource = (caller: string, source: unknown): void => checkValue(caller, 'source', source, isSource);

/** A check with a fixed answer. */
export const expecting =
  (expected: string, write: string, isValid: (value: unknown) => boolean): Check =>
  (value) =>
    isValid(value) ? undefined : { expected, write };

/** A list that may be empty; the fault of an item names its index. */
const isListOf =
  (expected: string, write: string, isItem: Check): Check =>
  (value) => {
    if (!Array.isArray(value)) return { expected, write };
    for (const [i, item] of value.entries()) {
      const fault = isItem(item);
      if (fault !== undefined) return { got: shown(item), ...fault, at: `[${i}]${fault.at ?? ''}` };
    }
    return undefined;
  };

const isBoolean = expecting('a boolean', 'true or false', (value) => typeof value === 'boolean');

const isFunction = expecting('a function', '(…) => …', (value) => typeof value === 'function');

const isString = expecting('a string', '"…"', (value) => typeof value === 'string');

/** Suggests the nearest of the values. */
const isOneOf =
  (...values: string[]): Check =>
  (value) => {
    if (values.includes(value as string)) return undefined;
    const [nearest = values[0]] = typeof value === 'string' ? nearestNames(value, values) : [];
    return { expected: values.map(shown).join(' or '), write: shown(nearest) };
  };

const isWholeNumber: Check = (value) => {
  if (isPositiveInteger(value)) return undefined;
  const isNumeral = typeof value === 'string' && isPositiveInteger(Number(value));
  return { expected: 'a positive integer', write: isNumeral ? String(Number(value)) : 'a number such as 1000' };
};

const isPositiveInteger = (value: unknown) => Number.isSafeInteger(value) && (value as number) > 0;

/** Node's timers fire at once when the delay is longer. */
const MAX_MS = 2 ** 31 - 1;

const isMilliseconds: Check = (value) =>
  isDuration(value)
    ? undefined
    : { expected: `milliseconds, above 0 and at most ${MAX_MS}`, write: durationFor(value) };

const isMillisecondsOrNone: Check = (value) =>
  value === 0 || isDuration(value)
    ? undefined
    : { expected: `milliseconds, from 0 to ${MAX_MS}`, write: durationFor(value) };

const isDuration = (value: unknown) => typeof value === 'number' && value > 0 && value <= MAX_MS;

const UNITS: Readonly<Record<string, number>> = { '': 1, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `10s`, as other programs write it, is 10000. */
function durationFor(value: unknown): string {
  const { amount, unit = '' } = /^(?<amount>\d+)(?<unit>ms|[smh])?$/.exec(String(value))?.groups ?? {};
  const ms = Number(amount) * (UNITS[unit] as number);
  return typeof value === 'string' && isDuration(ms) ? String(ms) : 'a number such as 5000';
}

const isSource: Check = (value) => {
  const { collect, getMetricsAsArray } = Object(value) as Partial<MetricsSource & { getMetricsAsArray: unknown }>;
  if (typeof collect === 'function') return undefined;
  const expected = 'a source: an object with a method collect()';
  const promClient = 'promClientSource(register) of express-metrics-json/prom-client';
  if (typeof getMetricsAsArray === 'function') return { expected, write: promClient };
  if (Array.isArray(value)) return { expected, write: 'combineSources([…])' };
  return { expected, write: `{ collect: () => [] }, or ${promClient}` };
};

const FAMILY_NAME = expecting("a family's name", '"queue_depth"', (name) => typeof name === 'string' && name !== '');

const isNameList = isListOf("a list of families' names", '["queue_depth"]', FAMILY_NAME);

/** A name that both text formats write unchanged and do not use themselves. */
const isLabelName = expecting(
  'a label name: letters, digits and _, and neither le nor quantile',
  '"worker"',
  (value) => typeof value === 'string' && /^(?!__)(?!(le|quantile)$)[a-zA-Z_][a-zA-Z0-9_]*$/.test(value),
);

/** For options whose parser has better errors. */
const isCheckedLater: Check = () => undefined;

/** The checks of options: each returns what is wrong with a value, if anything. */
export const expect = {
  boolean: isBoolean,
  func: isFunction,
  string: isString,
  oneOf: isOneOf,
  positiveInteger: isWholeNumber,
  milliseconds: isMilliseconds,
  millisecondsOrZero: isMillisecondsOrNone,
  source: isSource,
  nameList: isNameList,
  labelName: isLabelName,
  listOf: isListOf,
  unchecked: isCheckedLater,
};
