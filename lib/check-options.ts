import { inspect } from 'node:util';
import type { MetricsSource } from './metrics-source.ts';

/** Says what an option must be, or nothing when it is. */
export type Check = (value: unknown) => string | undefined;

/**
 * The options that are not undefined, inherited ones too. `path` stands in front of the names of those that are a part of another.
 *
 * @throws {TypeError} that names the option, for an unknown name or a wrong value: JavaScript passes anything
 */
export function checkOptions<T extends object>(
  caller: string,
  options: T,
  checks: Record<keyof T, Check>,
  path = '',
): T {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(`${caller}: the options are ${inspect(options)}; write an object`);
  }
  const checked: Partial<T> = {};
  for (const name in options) {
    const value = options[name];
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (check === undefined) {
      throw new TypeError(`${caller}: unknown option "${name}"; known are ${Object.keys(checks).join(', ')}`);
    }
    if (value === undefined) continue;
    const wanted = check(value);
    if (wanted !== undefined) {
      throw new TypeError(`${path}${name}: ${inspect(value, { depth: 0 })} is not valid; write ${wanted}`);
    }
    checked[name] = value;
  }
  return checked as T;
}

/** @throws {TypeError} that names the first of these options that is missing */
export function requireOptions<T extends object>(
  options: T,
  checks: Record<keyof T, Check>,
  ...names: (keyof T & string)[]
): void {
  for (const name of names) {
    if (options[name] === undefined) {
      throw new TypeError(`${name}: it is missing; write ${checks[name](undefined)}`);
    }
  }
}

/** @throws {TypeError} when a function's first argument is no source */
export function checkSource(caller: string, source: unknown): void {
  const wanted = isSource(source);
  if (wanted !== undefined) {
    throw new TypeError(`${caller}: ${inspect(source, { depth: 0 })} is not a source; pass ${wanted}`);
  }
}

export const isBoolean: Check = (value) => (typeof value === 'boolean' ? undefined : 'true or false');

export const isFunction: Check = (value) => (typeof value === 'function' ? undefined : 'a function');

export const isOneOf =
  (...values: string[]): Check =>
  (value) =>
    values.includes(value as string) ? undefined : values.map((allowed) => `'${allowed}'`).join(' or ');

export const isWholeNumber: Check = (value) =>
  Number.isSafeInteger(value) && (value as number) > 0 ? undefined : 'a whole number from 1';

/** Timers of Node fire at once when they are given more. */
const MAX_MS = 2 ** 31 - 1;

export const isMilliseconds: Check = (value) =>
  typeof value === 'number' && value > 0 && value <= MAX_MS ? undefined : `milliseconds, above 0 and at most ${MAX_MS}`;

export const isMillisecondsOrNone: Check = (value) =>
  value === 0 || isMilliseconds(value) === undefined ? undefined : `milliseconds, from 0 to ${MAX_MS}`;

export const isSource: Check = (value) =>
  typeof (value as Partial<MetricsSource> | null | undefined)?.collect === 'function'
    ? undefined
    : 'an object with a method collect(), such as promClientSource(register) of express-metrics-json/prom-client';

export const isNameList: Check = (value) =>
  Array.isArray(value) && value.every((name) => typeof name === 'string' && name !== '')
    ? undefined
    : "a list of families' names, such as ['queue_depth']";

/** One that both text formats write as it is, and that they do not use themselves. */
export const isLabelName: Check = (value) =>
  typeof value === 'string' && /^(?!__)(?!(le|quantile)$)[a-zA-Z_][a-zA-Z0-9_]*$/.test(value)
    ? undefined
    : "a label's name, such as 'worker': letters, digits and _, not le, not quantile";

/** For options whose parser has better errors. */
export const isCheckedLater: Check = () => undefined;
