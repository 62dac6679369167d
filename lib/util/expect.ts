import { type Fault, shown } from './option-error.ts';
import { suggestNames } from './suggest-names.ts';

/** Returns what is wrong with a value, if anything. */
export type Check = (value: unknown) => Fault | undefined;

/** Node's timers fire at once when the delay is longer. */
const MAX_MS = 2 ** 31 - 1;

/** Milliseconds of each unit; a number without a unit is in milliseconds. */
const UNITS: Readonly<Record<string, number>> = { '': 1, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** A name that both text formats write unchanged and do not use themselves. */
const LABEL_NAME = /^(?!__)(?!(le|quantile)$)[a-zA-Z_][a-zA-Z0-9_]*$/;

/** A check whose message does not depend on the value. */
export const expecting =
  (expected: string, write: string, isValid: (value: unknown) => boolean): Check =>
  (value) =>
    isValid(value) ? undefined : { expected, write };

/** A list that may be empty; the fault of an item names its index. */
const listOf =
  (expected: string, write: string, checkItem: Check): Check =>
  (value) => {
    if (!Array.isArray(value)) return { expected, write };
    for (const [i, item] of value.entries()) {
      const fault = checkItem(item);
      if (fault !== undefined) return { got: shown(item), ...fault, at: `[${i}]${fault.at ?? ''}` };
    }
    return undefined;
  };

/** The checks of options. */
export const expect = {
  boolean: expecting('a boolean', 'true or false', (value) => typeof value === 'boolean'),

  func: expecting('a function', '(…) => …', (value) => typeof value === 'function'),

  string: expecting('a string', '"…"', (value) => typeof value === 'string'),

  /** One of these values; the nearest one is suggested. */
  oneOf:
    (...values: string[]): Check =>
    (value) => {
      if (values.includes(value as string)) return undefined;
      const [nearest = values[0]] = typeof value === 'string' ? suggestNames(value, values) : [];
      return { expected: values.map(shown).join(' or '), write: shown(nearest) };
    },

  positiveInteger: (value: unknown): Fault | undefined => {
    if (isPositiveInteger(value)) return undefined;
    const isNumeral = typeof value === 'string' && isPositiveInteger(Number(value));
    return { expected: 'a positive integer', write: isNumeral ? String(Number(value)) : 'a number such as 1000' };
  },

  milliseconds: (value: unknown): Fault | undefined =>
    isDuration(value)
      ? undefined
      : { expected: `milliseconds, above 0 and at most ${MAX_MS}`, write: suggestDuration(value) },

  millisecondsOrZero: (value: unknown): Fault | undefined =>
    value === 0 || isDuration(value)
      ? undefined
      : { expected: `milliseconds, from 0 to ${MAX_MS}`, write: suggestDuration(value) },

  nameList: listOf(
    "a list of families' names",
    '["queue_depth"]',
    expecting("a family's name", '"queue_depth"', (name) => typeof name === 'string' && name !== ''),
  ),

  labelName: expecting(
    'a label name: letters, digits and _, and neither le nor quantile',
    '"worker"',
    (value) => typeof value === 'string' && LABEL_NAME.test(value),
  ),

  listOf,

  /** For options whose parser has better messages. */
  unchecked: (): undefined => undefined,
};

function isPositiveInteger(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function isDuration(value: unknown): boolean {
  return typeof value === 'number' && value > 0 && value <= MAX_MS;
}

/** Converts a duration with a unit, as other programs write it: for `10s`, 10000 is suggested. */
function suggestDuration(value: unknown): string {
  const { amount, unit = '' } = /^(?<amount>\d+)(?<unit>ms|[smh])?$/.exec(String(value))?.groups ?? {};
  const ms = Number(amount) * (UNITS[unit] as number);
  return typeof value === 'string' && isDuration(ms) ? String(ms) : 'a number such as 5000';
}
