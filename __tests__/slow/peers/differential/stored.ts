import { inOrder, type Series, seriesOf, type Vector } from '../scrapes.ts';

/** Series by the target that they are of. */
export type StoredByTarget = ReadonlyMap<string, readonly Series[]>;

/** Divides series by the label `target`. Bounds and quantiles, which are spelled in more than one way, become numbers. */
export function byTarget(vector: Vector): StoredByTarget {
  const targets = new Map<string, Series[]>();
  for (const [name, { target = '', ...labels }, value] of seriesOf(vector)) {
    const series = targets.get(target) ?? [];
    targets.set(target, series);
    // The package writes -0 as 0.
    series.push([name, withNumbers(labels), value + 0]);
  }
  return new Map([...targets].map(([target, series]) => [target, inOrder(series)]));
}

/** Series that are written down, by their text. */
export function parseSeries(expected: Readonly<Record<string, number>>): Series[] {
  return inOrder(
    Object.entries(expected).map(([text, value]) => {
      const [, name = '', labels = ''] = /^([^{]+)(?:\{(.*)\})?$/.exec(text) ?? [];
      const pairs = [...labels.matchAll(/([^,=]+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, item]) => [key, item]);
      return [name, withNumbers(Object.fromEntries(pairs)), value];
    }),
  );
}

function withNumbers(labels: Record<string, string>): Record<string, string> {
  const spelled = (key: string, text: string) => (key === 'le' || key === 'quantile' ? numberText(text) : text);
  return Object.fromEntries(Object.entries(labels).map(([key, text]) => [key, spelled(key, text)]));
}

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const INFINITE = /inf(?:inity)?$/i;

/** Leaves a text that is no number as it is, also one beyond the range of a double. */
function numberText(text: string): string {
  const number = Number(text.replace(INFINITE, 'Infinity'));
  const isNumber = INFINITE.test(text) ? !Number.isNaN(number) : DECIMAL.test(text) && Number.isFinite(number);
  return isNumber ? `${number}` : text;
}
