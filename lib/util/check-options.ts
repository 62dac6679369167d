import type { Check } from './expect.ts';
import { member, optionError, shown } from './option-error.ts';
import { suggestNames } from './suggest-names.ts';

/**
 * Returns the options that are not undefined, including inherited ones. `path` is the place of the object in the
 * function's options, such as `queries.up`.
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
  checkValue(caller, path || 'options', options, expectOptions(caller, known));
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

/** Express passes a request to a function that is mounted without being called. */
function expectOptions(caller: string, [example]: readonly string[]): Check {
  const expected = 'an object of options';
  return (value) => {
    const isRequest = typeof (value as { listenerCount?: unknown } | null)?.listenerCount === 'function';
    if (isRequest) return { expected, got: 'a request', write: `app.use(${caller}(…))` };
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return undefined;
    return { expected, write: example === undefined ? 'nothing' : `{ ${example}: … }` };
  };
}

/** Suggests the nearest names, or lists all of them when none is near. */
export function unknownOption(option: string, name: string, known: readonly string[], kind = 'option'): TypeError {
  if (known.length === 0) return optionError(option, name, { expected: `no ${kind}s`, write: 'nothing in its place' });
  const nearest = suggestNames(name, known).map((other) => `"${other}"`);
  const expected = kind === 'option' ? 'the name of an option' : `the name of a ${kind}`;
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
