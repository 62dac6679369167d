import { byteString } from './encoder.ts';
import { decimalText } from './number-text.ts';

/** Escaping scheme, as Prometheus negotiates it, for names that do not match `[a-zA-Z_:][a-zA-Z0-9_:]*`. */
export type Escaping = 'underscores' | 'dots' | 'values' | 'allow-utf-8';

const LEGACY_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LEGACY_LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** Escapes a metric's name by the scheme (`EscapeName` in Prometheus' common/model). */
export function escapeMetricName(name: string, escaping: Escaping): string {
  return escapeName(name, escaping, LEGACY_NAME);
}

/** Escapes a label's name, in which colons are not valid. */
export function escapeLabelName(name: string, escaping: Escaping): string {
  return escapeName(name, escaping, LEGACY_LABEL);
}

function escapeName(name: string, escaping: Escaping, valid: RegExp): string {
  // No scheme defines how to escape the empty name.
  if (name === '') return '_';
  const isValidAt = (character: string, index: number) => valid.test(index === 0 ? character : `a${character}`);
  const map = (replace: (character: string, isValid: boolean) => string) =>
    Array.from(name, (character, index) => replace(character, isValidAt(character, index))).join('');
  switch (escaping) {
    case 'allow-utf-8':
      // Names are compared as they will be written, so that duplicates are found.
      return name.toWellFormed();
    case 'underscores':
      return valid.test(name) ? name : map((character, isValid) => (isValid ? character : '_'));
    case 'dots':
      return map((character, isValid) => {
        if (character === '.') return '_dot_';
        return isValid && character !== '_' ? character : '__';
      });
    case 'values':
      if (valid.test(name)) return name;
      return `U__${map((character, isValid) => {
        if (character === '_') return '__';
        return isValid ? character : `_${hex(character)}_`;
      })}`;
  }
}

function hex(character: string): string {
  const code = character.codePointAt(0) as number;
  return code >= 0xd800 && code <= 0xdfff ? 'FFFD' : code.toString(16);
}

/** Writes series of one name: `name{labels}`, or `{"name",labels}` for a name that is not legacy. */
export function seriesText(name: string) {
  const isLegacy = LEGACY_NAME.test(name);
  const bare = isLegacy ? name : `{${quote(name)}}`;
  const braced = isLegacy ? `${name}{` : `{${quote(name)},`;
  return {
    /** Text with which all of the series begin. */
    prefix: isLegacy ? name : `{${quote(name)}`,
    /** Returns the complete series. */
    line: (labels: string) => (labels === '' ? bare : `${braced}${labels}}`),
    /** Returns the series up to the position of one more label. */
    open: (labels: string) => (labels === '' ? braced : `${braced}${labels},`),
  };
}

/** Quotes a name where it is not a legacy name. */
export const metricNameText = (name: string) => (LEGACY_NAME.test(name) ? name : quote(name));
export const labelNameText = (name: string) => (LEGACY_LABEL.test(name) ? name : quote(name));

export const quote = (text: string) => `"${byteString(escapeText(text, BACKSLASH_OR_QUOTE))}"`;
export const helpText = (text: string) => byteString(escapeText(text, BACKSLASH));
export const openMetricsHelpText = (text: string) => byteString(escapeText(text, BACKSLASH_OR_QUOTE));

const BACKSLASH = /\\/g;
const BACKSLASH_OR_QUOTE = /["\\]/g;
// A replacement string, because a long text may need a million calls of a callback.
const escapeText = (text: string, special: RegExp) => text.replace(special, '\\$&').replaceAll('\n', '\\n');

/**
 * Removes the exemplars from lines of OpenMetrics. A regular expression would keep a state per character of a line, and
 * exceed the stack for a long one.
 */
export function withoutExemplars(lines: string): string {
  let kept = '';
  let keptTo = 0;
  let quoted = lines.indexOf('"');
  let exemplar = lines.indexOf(' # {');
  while (exemplar !== -1) {
    let outside: number;
    if (quoted !== -1 && quoted < exemplar) outside = endOfQuoted(lines, quoted);
    else {
      kept += lines.slice(keptTo, exemplar);
      keptTo = outside = lines.indexOf('\n', exemplar);
    }
    if (quoted !== -1 && quoted < outside) quoted = lines.indexOf('"', outside);
    if (exemplar < outside) exemplar = lines.indexOf(' # {', outside);
  }
  return kept + lines.slice(keptTo);
}

/** Returns the position after a quoted text. */
function endOfQuoted(lines: string, start: number): number {
  let end = start;
  let isEscaped = true;
  while (isEscaped) {
    end = lines.indexOf('"', end + 1);
    let backslashes = end;
    while (lines[backslashes - 1] === '\\') backslashes--;
    isEscaped = (end - backslashes) % 2 === 1;
  }
  return end + 1;
}

/** Formats a value: shortest decimal, `NaN`, `+Inf` or `-Inf`. */
export function textNumber(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return Number.isInteger(value) ? `${value}` : decimalText(value);
}

/** Formats a bound or quantile for OpenMetrics: always a float, as Go's %g writes it ("1.0", "1e+06", "1e-05"). */
export function canonicalFloat(value: number): string {
  const [digits, exponent] = value.toExponential().split('e') as [string, string];
  const power = Number(exponent);
  if (power < -4 || power > 5) return `${digits}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`;
  return Number.isInteger(value) ? `${value}.0` : `${value}`;
}
