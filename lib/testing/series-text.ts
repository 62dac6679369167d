import { textNumber } from '../encoders/text-syntax.ts';
import type { LabelSet } from '../model/metric-family.ts';
import type { MetricValue, ScrapedSample } from './document.ts';

// How messages show series: as Prometheus writes them, with a histogram or summary in one line.

/** `queue_depth{queue="a"}` */
export function seriesText(name: string, labels: LabelSet): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`;
}

/** `queue_depth{queue="a"} 3` */
export const sampleText = (name: string, { labels, value }: ScrapedSample): string =>
  `${seriesText(name, labels)} ${valueText(value)}`;

function valueText(value: MetricValue): string {
  if (typeof value === 'number') return textNumber(value);
  const [by, keys, values] =
    'bounds' in value ? ['le', value.bounds, value.cumulativeCounts] : ['quantile', value.quantiles, value.values];
  const pairs = keys.map((key, i) => `${by} ${key}: ${values[i]}`);
  return `count ${value.count}, sum ${value.sum ?? 'unknown'} (${pairs.join(', ')})`;
}

/** A few lines, and how many more there are. */
export function linesText(lines: readonly string[], most = 5): string {
  const more = lines.length > most ? [`… and ${lines.length - most} more`] : [];
  return [...lines.slice(0, most), ...more].map((line) => `\n  ${line}`).join('');
}
