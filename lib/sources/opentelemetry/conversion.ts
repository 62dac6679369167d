import type { ResourceMetrics, ScopeMetrics } from '@opentelemetry/sdk-metrics';
import type { MetricFamily } from '../../model/metric-family.ts';
import type { Scrape } from '../../model/metrics-source.ts';
import { familiesOf } from './families.ts';
import { type Attribute, attributesOf, labelSet } from './labels.ts';
import { createTranslation, type TranslationStrategy } from './names.ts';
import { createScopeOrder } from './scopes.ts';
import { createSeriesFinder } from './series.ts';

export interface ConversionOptions {
  /**
   * Strategy that translates names to those of Prometheus, by its name in the OpenTelemetry specification.
   * @default 'UnderscoreEscapingWithSuffixes'
   */
  translationStrategy?: TranslationStrategy | undefined;
  /**
   * Whether to serve the resource's attributes as labels of `target_info`.
   * @default true
   */
  targetInfo?: boolean | undefined;
  /**
   * Whether to add `otel_scope_name`, `otel_scope_version`, `otel_scope_schema_url` and the scope's attributes to each
   * sample.
   * @default true
   */
  scopeLabels?: boolean | undefined;
  /**
   * Keys of resource attributes to add to each sample.
   * @default []
   */
  resourceLabels?: readonly string[] | undefined;
  /**
   * Maximum scale of exponential histograms, from -10 to 20: they are served with up to 2 ** maxScale bounds per
   * doubling. There are fewer if the SDK's own scale is lower, or if there would be more than 160 for each sign.
   * @default 2
   */
  maxScale?: number | undefined;
}

/** Converts a collection to families. */
export type Conversion = (
  scopes: readonly ScopeMetrics[],
  scrape: Pick<Scrape, 'wants' | 'report'>,
) => Promise<readonly MetricFamily[]>;

const TARGET_INFO = 'target_info';

/** Creates the conversion for the metrics of one resource. It caches labels from scrape to scrape. */
export function createConversion(
  resource: readonly Attribute[],
  {
    translationStrategy = 'UnderscoreEscapingWithSuffixes',
    targetInfo = true,
    scopeLabels = true,
    resourceLabels = [],
    maxScale = 2,
  }: ConversionOptions,
): Conversion {
  const names = createTranslation(translationStrategy);
  const common = resource.filter(([key]) => resourceLabels.includes(key));
  const seriesOf = createSeriesFinder(names.label, common, scopeLabels);
  const inOrder = createScopeOrder();
  // An empty resource does not describe the target.
  const hasInfo = targetInfo && resource.length > 0;
  const labels = labelSet(resource, names.label);
  const info = (): MetricFamily => ({
    name: TARGET_INFO,
    type: 'gauge',
    help: 'Target metadata',
    samples: [{ labels, value: 1 }],
  });
  return async (scopes, scrape) => {
    const reserved = hasInfo ? TARGET_INFO : undefined;
    const families = await familiesOf(inOrder(scopes), scrape, { names, maxScale, reserved, seriesOf });
    return hasInfo && scrape.wants(TARGET_INFO) ? [info(), ...families] : families;
  };
}

/** Waits for all attributes: resource detectors may be asynchronous. */
export async function resourceAttributes(resource: ResourceMetrics['resource']): Promise<readonly Attribute[]> {
  if (resource.asyncAttributesPending) await resource.waitForAsyncAttributes?.();
  return attributesOf(resource.attributes);
}
