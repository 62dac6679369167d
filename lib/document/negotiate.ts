import type { Encoder } from '../encoders/encoder.ts';
import { LabelCache, uncachedLabels } from '../encoders/label-cache.ts';
import { createOpenMetricsEncoder } from '../encoders/openmetrics-text.ts';
import { createPrometheusTextEncoder } from '../encoders/prometheus-text.ts';
import type { Escaping } from '../encoders/text-syntax.ts';
import { type AcceptRange, firstMatch } from './accept.ts';

const ESCAPINGS: readonly Escaping[] = ['underscores', 'dots', 'values', 'allow-utf-8'];

export interface TextFormats {
  /** Whether OpenMetrics is offered. */
  openMetrics: boolean;
}

/**
 * Chooses the text format by `Accept`: the first of the client's ranges that names an offered format,
 * and otherwise text 0.0.4, which Prometheus expects from a target by default.
 */
export function createTextNegotiator({ openMetrics }: TextFormats): (accept: string | undefined) => Encoder {
  const { prometheusText004, match } = createTextEncoders({ cached: true });
  return (accept) => firstMatch(accept, (range) => match(range, { openMetrics })) ?? prometheusText004;
}

/** One encoder for each text format. They are reused because an encoder caches label strings between scrapes. */
export interface TextEncoders {
  readonly prometheusText004: Encoder;
  /** OpenMetrics for a scraper that names no escaping. */
  readonly openMetricsDefault: Encoder;
  /** Encoder of the format that a range names; undefined when it is not offered. */
  match(range: AcceptRange, offered: TextFormats): Encoder | undefined;
}

/** Creates the encoders. With `cached`, each has its own cache: two formats would evict each other's texts. */
export function createTextEncoders({ cached }: { cached: boolean }): TextEncoders {
  const labelTexts = () => (cached ? new LabelCache() : uncachedLabels);
  const prometheusText004 = createPrometheusTextEncoder({ version: '0.0.4', escaping: 'underscores' }, labelTexts());
  const prometheusText100 = new Map(
    ESCAPINGS.map((escaping) => [escaping, createPrometheusTextEncoder({ version: '1.0.0', escaping }, labelTexts())]),
  );
  const openMetricsDefault = createOpenMetricsEncoder({ escaping: undefined }, labelTexts());
  const openMetrics100 = new Map(
    ESCAPINGS.map((escaping) => [escaping, createOpenMetricsEncoder({ escaping }, labelTexts())]),
  );

  function match({ value, parameters }: AcceptRange, { openMetrics }: TextFormats): Encoder | undefined {
    const version = parameters.get('version');
    const escaping = ESCAPINGS.find((name) => name === parameters.get('escaping'));
    switch (value) {
      case 'application/openmetrics-text':
        if (!openMetrics || (version ?? '1.0.0') !== '1.0.0') return undefined;
        return escaping === undefined ? openMetricsDefault : openMetrics100.get(escaping);
      case 'text/plain':
        if (version === '1.0.0') return prometheusText100.get(escaping ?? 'underscores');
        return (version ?? '0.0.4') === '0.0.4' ? prometheusText004 : undefined;
      case 'text/*':
      case '*/*':
        return prometheusText004;
      default:
        return undefined;
    }
  }

  return { prometheusText004, openMetricsDefault, match };
}
