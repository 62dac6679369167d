import { textNumber } from '../encoders/text-syntax.ts';
import type { LabelSet } from '../model/metric-family.ts';
import type { MetricValue, ScrapedSample } from './document.ts';

// Series in messages, in Prometheus' notation; a histogram or summary takes one line.

/** Formats a series, as in `queue_depth{queue="a"}`, with these of its labels. */
export function seriesText(name: string, labels: LabelSet, labelNames = Object.keys(labels)): string {
  const pairs = labelNames.map((label) => `${label}=${JSON.stringify(labels[label])}`);
  return pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`;
}

/** Formats a series with its value, as in `queue_depth{queue="a"} 3`. */
export const sampleText = (name: string, { labels, value }: ScrapedSample): string =>
  `${seriesText(name, labels)} ${valueText(value)}`;

function valueText(value: MetricValue): string {
  if (typeof value === 'number') return textNumber(value);
  const [by, keys, values] =
    'bounds' in value ? ['le', value.bounds, value.cumulativeCounts] : ['quantile', value.quantiles, value.values];
  const pairs = keys.map((key, i) => `${by} ${key}: ${values[i]}`);
  return `count ${value.count}, sum ${value.sum ?? 'unknown'} (${pairs.join(', ')})`;
}

/** Indents the first `limit` lines, and adds the number of the others. */
export function linesText(lines: readonly string[], limit = 5): string {
  const more = lines.length > limit ? [`… and ${lines.length - limit} more`] : [];
  return [...lines.slice(0, limit), ...more].map((line) => `\n  ${line}`).join('');
}
