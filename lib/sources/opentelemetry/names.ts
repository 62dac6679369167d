import type { MetricType } from '../../model/metric-family.ts';
import { type UnitWords, unitWords } from './units.ts';

const STRATEGIES = {
  UnderscoreEscapingWithSuffixes: { isEscaped: true, hasSuffixes: true },
  UnderscoreEscapingWithoutSuffixes: { isEscaped: true, hasSuffixes: false },
  NoUTF8EscapingWithSuffixes: { isEscaped: false, hasSuffixes: true },
  NoTranslation: { isEscaped: false, hasSuffixes: false },
};

/** Strategy that translates names to those of Prometheus, by its name in the OpenTelemetry specification. */
export type TranslationStrategy = keyof typeof STRATEGIES;

export const TRANSLATION_STRATEGIES = Object.keys(STRATEGIES);

interface MetricName {
  readonly name: string;
  readonly unit?: string;
}

export interface Translation {
  /** Translates a metric's name. `isRatio` is whether the unit `1` means a ratio, and not a count. */
  metric(name: string, unit: string, type: MetricType, isRatio: boolean): MetricName;
  label(key: string): string;
}

export function createTranslation(strategy: TranslationStrategy): Translation {
  const { isEscaped, hasSuffixes } = STRATEGIES[strategy];
  const metricText = isEscaped ? (name: string) => escapeName(name, /[^a-zA-Z0-9_:]/gu) : unchanged;
  const unitText = isEscaped ? (unit: string) => metricText(unit).replace(/^_|_$/g, '') : unchanged;
  return {
    metric(name, unit, type, isRatio) {
      const { main, per } = unitWords(unit);
      const words = { main: isRatio && unit === '1' ? 'ratio' : unitText(main), per: unitText(per) };
      const whole = joinWords(words);
      const text = metricText(name);
      return {
        // Escapes again: a stem that ends in `_` would result in two of them.
        name: hasSuffixes && text !== '' ? metricText(withSuffixes(text, words, type === 'counter')) : text,
        ...(whole !== '' && { unit: whole }),
      };
    },
    label: isEscaped ? (key) => escapeName(key, /[^a-zA-Z0-9_]/gu) || '_' : unchanged,
  };
}

const unchanged = (name: string) => name;

/** Replaces invalid characters. A leading digit, which is not allowed, gets an underscore before it. */
const escapeName = (name: string, invalid: RegExp) =>
  name
    .replace(invalid, '_')
    .replace(/_{2,}/g, '_')
    .replace(/^(?=\d)/, '_');

const joinWords = ({ main, per }: UnitWords) => (main === '' || per === '' ? main + per : `${main}_${per}`);

/** Appends the unit and `_total`, unless the name has them. */
function withSuffixes(name: string, unit: UnitWords, isCounter: boolean): string {
  if (!isCounter) return withUnit(name, unit);
  return `${withUnit(name.replace(/(?<=.)[^a-zA-Z0-9]total$/su, ''), unit)}_total`;
}

function withUnit(name: string, { main, per }: UnitWords): string {
  const whole = joinWords({ main, per });
  if (endsIn(name, whole)) return name;
  return per !== '' && endsIn(name, main) ? `${name}_${per}` : `${name}_${whole}`;
}

/** Whether the name ends in the words. Every name ends in none. */
function endsIn(name: string, words: string): boolean {
  if (words === '' || name === words) return true;
  return name.endsWith(words) && /[^a-zA-Z0-9]/.test(name.charAt(name.length - words.length - 1));
}
