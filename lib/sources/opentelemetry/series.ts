import type { MetricData, ScopeMetrics } from '@opentelemetry/sdk-metrics';
import { labelSetKey } from '../../model/labels.ts';
import type { LabelSet } from '../../model/metric-family.ts';
import { openAccount } from '../../util/cache-budget.ts';
import { type Attribute, attributesOf, type LabelName, labelSet } from './labels.ts';
import { scopeAttributes } from './scopes.ts';

type Scope = ScopeMetrics['scope'];

/** Creates the finder of a metric's labels. Those of the scope, if wanted, and `common` ones follow those of a series. */
export function createSeriesFinder(labelName: LabelName, common: readonly Attribute[], hasScopeLabels: boolean) {
  const scopes = new WeakMap<Scope, readonly Attribute[]>();
  const metrics = new WeakMap<MetricData['descriptor'], SeriesLabels>();

  function inheritedBy(scope: Scope): readonly Attribute[] {
    const known = scopes.get(scope);
    if (known !== undefined) return known;
    const inherited = hasScopeLabels ? [...scopeAttributes(scope, labelName), ...common] : common;
    scopes.set(scope, inherited);
    return inherited;
  }

  return (scope: Scope, { descriptor }: MetricData): SeriesLabels => {
    const inherited = inheritedBy(scope);
    const known = metrics.get(descriptor);
    // Other producers than the SDK may share a descriptor between metrics.
    if (known?.inherited === inherited) return known;
    const series = new SeriesLabels(inherited, labelName);
    metrics.set(descriptor, series);
    return series;
  };
}

export interface Series {
  readonly labels: LabelSet;
  /** Key that is equal for equal labels, whatever their order. */
  readonly key: string;
}

/**
 * Caches the labels of one metric's series. The SDK returns a series at the same position with the same attributes
 * object in each scrape. Caches at most the series of the last scrape, and less if the process's cache budget is used
 * up.
 */
export class SeriesLabels {
  readonly inherited: readonly Attribute[];
  private readonly labelName: LabelName;
  private readonly attributes: object[] = [];
  private readonly known: Series[] = [];
  private readonly account = openAccount(this);

  constructor(inherited: readonly Attribute[], labelName: LabelName) {
    this.inherited = inherited;
    this.labelName = labelName;
  }

  at(position: number, attributes: Readonly<Record<string, unknown>>): Series {
    const known = this.known[position];
    if (known !== undefined && this.attributes[position] === attributes) return known;
    const labels = labelSet([...attributesOf(attributes), ...this.inherited], this.labelName);
    const series = { labels, key: labelSetKey(labels) };
    // An array with holes is slow.
    if (position > this.known.length || !this.account.tryReserve(sizeOf(series) - sizeOf(known))) return series;
    this.attributes[position] = attributes;
    this.known[position] = series;
    return series;
  }

  /** Removes the series after the first `length` ones. */
  trim(length: number): void {
    if (this.known.length <= length) return;
    for (const series of this.known.slice(length)) this.account.charge(-sizeOf(series));
    this.attributes.length = length;
    this.known.length = length;
  }
}

/** Estimates the memory (bytes) of a series from its key, which has all characters of its labels. */
const sizeOf = (series: Series | undefined) => (series === undefined ? 0 : 300 + 4 * series.key.length);
