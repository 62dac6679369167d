import { inOrder, type Series } from '../scrapes.ts';

const INFINITY = Number.POSITIVE_INFINITY;

/** The numbers of one histogram, by the texts of their bounds. */
interface Parts {
  readonly labels: Record<string, string>;
  readonly buckets: Map<number, number>;
  sum?: number;
  count?: number;
}

/**
 * What the table of repairs makes of the stored series of the histograms with these names. A histogram that is not
 * repaired keeps its series, under their names.
 */
export function repaired(stored: readonly Series[], histograms: Iterable<string>): Series[] {
  let series = [...stored];
  for (const name of histograms) {
    const names = [name, `${name}_bucket`, `${name}_sum`, `${name}_count`];
    const own = series.filter(([other]) => names.includes(other));
    const samples = partsOf(name, own);
    if (samples === undefined) continue;
    series = series.filter(([other]) => !names.includes(other));
    for (const parts of samples) series.push(...repairedSeries(name, parts));
  }
  return inOrder(series);
}

/** Returns undefined if the series are not those of histograms. */
function partsOf(name: string, series: readonly Series[]): Parts[] | undefined {
  const samples = new Map<string, Parts>();
  for (const [other, { le, ...labels }, value] of series) {
    const key = JSON.stringify(Object.entries(labels).sort());
    const parts: Parts = samples.get(key) ?? { labels, buckets: new Map() };
    samples.set(key, parts);
    const isCount = Number.isInteger(value) && value >= 0;
    if (other === `${name}_bucket`) {
      const bound = Number(le);
      if (Number.isNaN(bound) || `${bound}` !== le || !isCount || (bound === -INFINITY && value !== 0))
        return undefined;
      if (bound !== -INFINITY) parts.buckets.set(bound, Math.max(value, parts.buckets.get(bound) ?? 0));
    } else if (other === `${name}_sum` && le === undefined) parts.sum = value;
    else if (other === `${name}_count` && le === undefined && isCount) parts.count = value;
    else return undefined;
  }
  const all = [...samples.values()];
  return all.every(({ buckets, count }) => buckets.size > 0 || count !== undefined) ? all : undefined;
}

/** Counts become a running maximum, and the `+Inf` bucket and the count the greatest of all. */
function repairedSeries(name: string, { labels, buckets, sum, count }: Parts): Series[] {
  const greatest = Math.max(...buckets.values(), count ?? 0);
  let highest = 0;
  const bounds = [...buckets.keys()].filter((bound) => bound !== INFINITY).sort((a, b) => a - b);
  const series = bounds.map((bound): Series => {
    highest = Math.max(highest, buckets.get(bound) as number);
    return [`${name}_bucket`, { ...labels, le: `${bound}` }, highest];
  });
  series.push([`${name}_bucket`, { ...labels, le: 'Infinity' }, greatest]);
  series.push([`${name}_count`, labels, greatest]);
  if (sum !== undefined) series.push([`${name}_sum`, labels, sum]);
  return series;
}
