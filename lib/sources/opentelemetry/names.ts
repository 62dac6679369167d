import type { MetricType } from '../../model/metric-family.ts';
import { type UnitWords, unitWords } from './units.ts';

/** How names become Prometheus': the specification's four, by its own names. */
export type TranslationStrategy = keyof typeof STRATEGIES;

const STRATEGIES = {
  UnderscoreEscapingWithSuffixes: { isEscaped: true, hasSuffixes: true },
  UnderscoreEscapingWithoutSuffixes: { isEscaped: true, hasSuffixes: false },
  NoUTF8EscapingWithSuffixes: { isEscaped: false, hasSuffixes: true },
  NoTranslation: { isEscaped: false, hasSuffixes: false },
};

export const TRANSLATION_STRATEGIES = Object.keys(STRATEGIES);

export interface MetricName {
  readonly name: string;
  readonly unit?: string;
}

export interface Translation {
  /** `isRatio` says of the unit `1` that it is one, and not a mere count. */
  metric(name: string, unit: string, type: MetricType, isRatio: boolean): MetricName;
  label(key: string): string;
}

export function translation(strategy: TranslationStrategy): Translation {
  const { isEscaped, hasSuffixes } = STRATEGIES[strategy];
  const metricText = isEscaped ? (name: string) => escaped(name, /[^a-zA-Z0-9_:]/gu) : asItIs;
  const unitText = isEscaped ? (unit: string) => metricText(unit).replace(/^_|_$/g, '') : asItIs;
  return {
    metric(name, unit, type, isRatio) {
      const { main, per } = unitWords(unit);
      const words = { main: isRatio && unit === '1' ? 'ratio' : unitText(main), per: unitText(per) };
      const whole = joined(words);
      const text = metricText(name);
      return {
        // A stem that ends in `_` would give two of them.
        name: hasSuffixes && text !== '' ? metricText(withSuffixes(text, words, type === 'counter')) : text,
        ...(whole !== '' && { unit: whole }),
      };
    },
    label: isEscaped ? (key) => escaped(key, /[^a-zA-Z0-9_]/gu) || '_' : asItIs,
  };
}

const asItIs = (name: string) => name;

/** A digit that may not come first is kept, behind an underscore. */
const escaped = (name: string, invalid: RegExp) =>
  name
    .replace(invalid, '_')
    .replace(/_{2,}/g, '_')
    .replace(/^(?=\d)/, '_');

const joined = ({ main, per }: UnitWords) => (main === '' || per === '' ? main + per : `${main}_${per}`);

/** The unit comes before `_total`, and neither comes twice. */
function withSuffixes(name: string, unit: UnitWords, isCounter: boolean): string {
  if (!isCounter) return withUnit(name, unit);
  return `${withUnit(name.replace(/(?<=.)[^a-zA-Z0-9]total$/su, ''), unit)}_total`;
}

function withUnit(name: string, { main, per }: UnitWords): string {
  const whole = joined({ main, per });
  if (endsIn(name, whole)) return name;
  return per !== '' && endsIn(name, main) ? `${name}_${per}` : `${name}_${whole}`;
}

/** Nothing is what every name ends in. */
function endsIn(name: string, words: string): boolean {
  if (words === '' || name === words) return true;
  return name.endsWith(words) && /[^a-zA-Z0-9]/.test(name.charAt(name.length - words.length - 1));
}
