import { byteString } from './byte-strings.ts';

/** What becomes of names that are not `[a-zA-Z_:][a-zA-Z0-9_:]*`: the schemes that Prometheus negotiates. */
export type Escaping = 'underscores' | 'dots' | 'values' | 'allow-utf-8';

const LEGACY_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LEGACY_LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** A metric's name, made valid for the scheme (Prometheus, `EscapeName` in common/model). */
export function escapeMetricName(name: string, escaping: Escaping): string {
  return escapeName(name, escaping, LEGACY_NAME);
}

/** As a metric's name, but without colons. */
export function escapeLabelName(name: string, escaping: Escaping): string {
  return escapeName(name, escaping, LEGACY_LABEL);
}

function escapeName(name: string, escaping: Escaping, valid: RegExp): string {
  // No scheme has a spelling for the empty name.
  if (name === '') return '_';
  const isValidAt = (character: string, index: number) => valid.test(index === 0 ? character : `a${character}`);
  const map = (replace: (character: string, isValid: boolean) => string) =>
    Array.from(name, (character, index) => replace(character, isValidAt(character, index))).join('');
  switch (escaping) {
    case 'allow-utf-8':
      // As it will be written: two names that are one then must be seen to be one.
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

/** How series of one name begin: `name{labels}`, or `{"name",labels}` for a name that is not legacy. */
export function seriesText(name: string) {
  const isLegacy = LEGACY_NAME.test(name);
  const bare = isLegacy ? name : `{${quote(name)}}`;
  const braced = isLegacy ? `${name}{` : `{${quote(name)},`;
  return {
    /** The whole series. */
    line: (labels: string) => (labels === '' ? bare : `${braced}${labels}}`),
    /** The series up to where another label goes. */
    open: (labels: string) => (labels === '' ? braced : `${braced}${labels},`),
  };
}

/** A name in a comment line or a label set, quoted where it must be. */
export const metricNameText = (name: string) => (LEGACY_NAME.test(name) ? name : quote(name));
export const labelNameText = (name: string) => (LEGACY_LABEL.test(name) ? name : quote(name));

export const quote = (text: string) => `"${byteString(escapeText(text, BACKSLASH_OR_QUOTE))}"`;
export const helpText = (text: string) => byteString(escapeText(text, BACKSLASH));
export const openMetricsHelpText = (text: string) => byteString(escapeText(text, BACKSLASH_OR_QUOTE));

const BACKSLASH = /\\/g;
const BACKSLASH_OR_QUOTE = /["\\]/g;
// Without a callback, of which a long text may need a million.
const escapeText = (text: string, special: RegExp) => text.replace(special, '\\$&').replaceAll('\n', '\\n');

/** A value: shortest decimal, `NaN`, `+Inf` or `-Inf`. */
export function textNumber(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return `${value}`;
}

/** A bound or quantile as OpenMetrics wants it: always a float, spelled as Go's %g does ("1.0", "1e+06", "1e-05"). */
export function canonicalFloat(value: number): string {
  const [digits, exponent] = value.toExponential().split('e') as [string, string];
  const power = Number(exponent);
  if (power < -4 || power > 5) return `${digits}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`;
  return Number.isInteger(value) ? `${value}.0` : `${value}`;
}
