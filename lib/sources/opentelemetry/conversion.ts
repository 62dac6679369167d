import type { ResourceMetrics, ScopeMetrics } from '@opentelemetry/sdk-metrics';
import type { MetricFamily } from '../../model/metric-family.ts';
import type { Scrape } from '../../model/metrics-source.ts';
import { familiesOf } from './families.ts';
import { type Attribute, attributesOf, labelSet } from './labels.ts';
import { type TranslationStrategy, translation } from './names.ts';
import { scopeOrder } from './scopes.ts';
import { seriesFinder } from './series.ts';

export interface ConversionOptions {
  /**
   * How names become Prometheus': the specification's four strategies, by its own names.
   * @default 'UnderscoreEscapingWithSuffixes'
   */
  translationStrategy?: TranslationStrategy | undefined;
  /**
   * Serve the resource's attributes, as the labels of `target_info`.
   * @default true
   */
  targetInfo?: boolean | undefined;
  /**
   * Add `otel_scope_name`, `otel_scope_version`, `otel_scope_schema_url` and the scope's attributes to each sample.
   * @default true
   */
  scopeLabels?: boolean | undefined;
  /**
   * Keys of attributes of the resource that are added to each sample.
   * @default []
   */
  resourceLabels?: readonly string[] | undefined;
  /**
   * Exponential histograms are served with 2 ** maxScale bounds per doubling, from -10 to 20; with fewer where the
   * SDK knows no better, or where they would be more than 160 for each sign.
   * @default 2
   */
  maxScale?: number | undefined;
}

/** The families of a collection. */
export type Conversion = (
  scopes: readonly ScopeMetrics[],
  scrape: Pick<Scrape, 'wants' | 'report'>,
) => readonly MetricFamily[];

/** A conversion for the metrics of one resource, from scrape to scrape. */
export function conversion(
  resource: readonly Attribute[],
  {
    translationStrategy = 'UnderscoreEscapingWithSuffixes',
    targetInfo = true,
    scopeLabels = true,
    resourceLabels = [],
    maxScale = 2,
  }: ConversionOptions,
): Conversion {
  const names = translation(translationStrategy);
  const common = resource.filter(([key]) => resourceLabels.includes(key));
  const seriesOf = seriesFinder(names.label, common, scopeLabels);
  const inOrder = scopeOrder();
  // An empty resource says nothing of the target.
  const hasInfo = targetInfo && resource.length > 0;
  const labels = labelSet(resource, names.label);
  const info = (): MetricFamily => ({
    name: TARGET_INFO,
    type: 'gauge',
    help: 'Target metadata',
    samples: [{ labels, value: 1 }],
  });
  return (scopes, scrape) => {
    const reserved = hasInfo ? TARGET_INFO : undefined;
    const families = familiesOf(inOrder(scopes), scrape, { names, maxScale, reserved, seriesOf });
    return hasInfo && scrape.wants(TARGET_INFO) ? [info(), ...families] : families;
  };
}

const TARGET_INFO = 'target_info';

/** All of them: detectors may still be at work. */
export async function resourceAttributes(resource: ResourceMetrics['resource']): Promise<readonly Attribute[]> {
  if (resource.asyncAttributesPending) await resource.waitForAsyncAttributes?.();
  return attributesOf(resource.attributes);
}
