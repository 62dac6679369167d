import { inspect } from 'node:util';

/** Why a value is not valid: what is expected, and what to write. */
export interface Fault {
  readonly expected: string;
  readonly write: string;
  /** Where in the value the fault is, such as `[2]` or `.instance`; by default it is the value as a whole. */
  readonly at?: string;
  /** What is there instead; by default the value is shown. For values that may hold a secret. */
  readonly got?: string;
}

/**
 * The one form of all errors about arguments and options. `option` begins with the name of the public function:
 * `metricsRouter: trustedHosts[2]: expected a network, got "10/8"; write "10.0.0.0/8"`.
 */
export function optionError(option: string, value: unknown, fault: Fault, cause?: ErrorOptions): TypeError {
  const { expected, write, at = '', got = shown(value) } = fault;
  return new TypeError(`${option}${at}: expected ${expected}, got ${got}; write ${write}`, cause);
}

const MAX_SHOWN = 100;

/** A value in one short line. Members of objects are not shown: they may be secrets. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(cut(value));
  const options = { depth: Array.isArray(value) ? 0 : -1, maxStringLength: MAX_SHOWN, maxArrayLength: 10 };
  return cut(
    inspect(value, { ...options, customInspect: false, compact: true, breakLength: Number.POSITIVE_INFINITY }),
  );
}

const cut = (text: string) => (text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text);

/** The type of a value that must not be shown: `a string`, `an object`, `undefined`. */
export function shownType(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** A member's name as it follows that of its object: `.instance`, or `["a b"]`. */
export const member = (name: string): string => (/^[\w$-]+$/.test(name) ? `.${name}` : `[${shown(name)}]`);
