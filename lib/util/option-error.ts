import { inspect } from 'node:util';

/** Maximum length of a value in a message. */
const MAX_SHOWN = 100;

/** Why a value is not valid: what is expected, and what to write. */
export interface Fault {
  readonly expected: string;
  readonly write: string;
  /** Place of the fault in the value, such as `[2]` or `.instance`. Default: the value as a whole. */
  readonly at?: string;
  /** Description of the actual value, for values that may contain a secret. Default: the value itself. */
  readonly got?: string;
}

/**
 * Creates an error about an argument or option. All have this form; `option` begins with the public function:
 * `metricsRouter: trustedHosts[2]: expected a network, got "10/8"; write "10.0.0.0/8"`.
 */
export function optionError(option: string, value: unknown, fault: Fault, cause?: ErrorOptions): TypeError {
  const { expected, write, at = '', got = shown(value) } = fault;
  return new TypeError(`${option}${at}: expected ${expected}, got ${got}; write ${write}`, cause);
}

/** Formats a value as one short line, without the members of objects: they may be secrets. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(cut(value));
  const options = { depth: Array.isArray(value) ? 0 : -1, maxStringLength: MAX_SHOWN, maxArrayLength: 10 };
  return cut(
    inspect(value, { ...options, customInspect: false, compact: true, breakLength: Number.POSITIVE_INFINITY }),
  );
}

const cut = (text: string) => (text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text);

/** Describes the type of a value that must not be shown: `a string`, `an object`, `undefined`. */
export function shownType(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** Formats a member's name as an accessor: `.instance` or `["a b"]`. */
export const member = (name: string): string => (/^[\w$-]+$/.test(name) ? `.${name}` : `[${shown(name)}]`);
