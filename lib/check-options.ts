import { inspect } from 'node:util';

/** Says what an option must be, or nothing when it is. */
export type Check = (value: unknown) => string | undefined;

/** Checks options as JavaScript passes them: unknown names and wrong values are a TypeError that names them. */
export function checkOptions(caller: string, options: object, checks: Readonly<Record<string, Check>>): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`${caller}: the options are ${inspect(options)}; write an object`);
  }
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (check === undefined) {
      throw new TypeError(`${caller}: unknown option "${name}"; known are ${Object.keys(checks).join(', ')}`);
    }
    const wanted = value === undefined ? undefined : check(value);
    if (wanted !== undefined)
      throw new TypeError(`${name}: ${inspect(value, { depth: 0 })} is not valid; write ${wanted}`);
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

/** For options whose parser has better errors. */
export const isCheckedLater: Check = () => undefined;
