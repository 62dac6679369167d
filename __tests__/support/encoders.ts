import type { Encoder } from '../../lib/encoders/encoder.ts';
import { createJsonEncoder, type JsonOptions } from '../../lib/encoders/json.ts';
import { createOpenMetricsEncoder } from '../../lib/encoders/openmetrics-text.ts';
import { createPrometheusTextEncoder } from '../../lib/encoders/prometheus-text.ts';
import { parseText } from './parse-text.ts';
import { type ReadFamily, readJson } from './read-json.ts';

export const json = (options: Partial<JsonOptions> = {}) =>
  createJsonEncoder({ singleLabel: 'map', nonFinite: 'null', ...options });
export const text004 = () => createPrometheusTextEncoder({ version: '0.0.4', escaping: 'underscores' });
export const text100 = () => createPrometheusTextEncoder({ version: '1.0.0', escaping: 'allow-utf-8' });
export const openMetrics = () => createOpenMetricsEncoder({ escaping: 'allow-utf-8' });

type Read = (text: string) => readonly Pick<ReadFamily, 'name' | 'samples'>[];

/** Each format with a function that creates its encoder and one that reads a document. It throws if it cannot. */
export const FORMATS: readonly (readonly [format: string, make: () => Encoder, read: Read])[] = [
  ['JSON', () => json(), readJson],
  ['text 0.0.4', text004, (text) => parseText(text)],
  ['text 1.0.0', text100, (text) => parseText(text)],
  ['OpenMetrics', openMetrics, (text) => parseText(text, 'openmetrics')],
];
